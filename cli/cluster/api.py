"""The cluster around a pod: its API, as the pod's own service account."""

import base64
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

from cli.failures import CommandError, UsageError

SECONDS = 10


@dataclass(frozen=True)
class Cluster:
    """Where the API is, and as whom to call it."""

    host: str
    port: int
    namespace: str
    token: str
    authority: Path

    @classmethod
    def around(cls, account: Path) -> "Cluster":
        """By what a pod finds there. Raises UsageError outside of one."""
        try:
            return cls(
                os.environ["KUBERNETES_SERVICE_HOST"],
                int(os.environ["KUBERNETES_SERVICE_PORT"]),
                (account / "namespace").read_text(encoding="ascii").strip(),
                (account / "token").read_text(encoding="ascii").strip(),
                account / "ca.crt",
            )
        except (KeyError, OSError) as missing:
            raise UsageError(f"this is no pod with a service account: {missing}") from missing

    def reference(self, kind: str, name: str) -> Mapping[str, Any]:
        """What names an object as the owner of others. Raises CommandError."""
        status, found = self._call("GET", f"{kind}/{name}")
        if status != HTTPStatus.OK:
            raise CommandError(f"{kind} {name}: {_reason(status, found)}")
        names = {"name": name, "uid": found["metadata"]["uid"]}
        return {"apiVersion": found["apiVersion"], "kind": found["kind"], **names}

    def create_secret(
        self, name: str, content: Mapping[str, str], owner: Mapping[str, Any]
    ) -> bool:
        """Whether there was none. Raises CommandError."""
        data = {key: base64.b64encode(text.encode()).decode() for key, text in content.items()}
        metadata = {"name": name, "ownerReferences": [owner]}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
        status, answer = self._call("POST", "secrets", secret)
        if status not in (HTTPStatus.CREATED, HTTPStatus.CONFLICT):
            raise CommandError(f"secret {name}: {_reason(status, answer)}")
        return status == HTTPStatus.CREATED

    def _call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        context = ssl.create_default_context(cafile=str(self.authority))
        connection = HTTPSConnection(self.host, self.port, timeout=SECONDS, context=context)
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        content = None if body is None else json.dumps(body)
        try:
            connection.request(
                method, f"/api/v1/namespaces/{self.namespace}/{path}", content, headers
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, HTTPException, json.JSONDecodeError) as failed:
            raise CommandError(f"the cluster's API did not answer: {failed}") from failed
        finally:
            connection.close()


def _reason(status: int, answer: Any) -> str:
    said = answer.get("message") if isinstance(answer, dict) else None
    return f"{status} {said or ''}".strip()
