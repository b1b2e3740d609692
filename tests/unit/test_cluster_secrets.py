"""`shadower secrets`: what a trial lacks is made once, in the cluster around it."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from typer.testing import CliRunner, Result

from cli.__main__ import app
from cli.cluster.contents import certificates, keys
from cli.tokens.keys import SigningKey
from cli.tokens.signing import Grant, Issuer, signed

OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sh-dev", "uid": "u-1"}}
COMMAND = ("secrets", "--secret=sh-dev", "--owner=sh-dev")


class Api(HTTPServer):
    """What the pod's service account may do there, and what it did."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.made: dict[str, Any] = {}
        self.tokens: set[str] = set()
        self.is_forbidden = False
        self.socket = _context(folder).wrap_socket(self.socket, server_side=True)


class Answer(BaseHTTPRequestHandler):
    """As the cluster's API answers."""

    server: Api

    def do_GET(self) -> None:
        self._say(200 if self.path.endswith("/configmaps/sh-dev") else 404, OWNER)

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = given["metadata"]["name"]
        if self.server.is_forbidden:
            return self._say(403, {"message": "secrets is forbidden"})
        if name in self.server.made:
            return self._say(409, {"message": "is there"})
        self.server.made[name] = given
        return self._say(201, given)

    def _say(self, status: int, body: object) -> None:
        self.server.tokens.add(self.headers["authorization"])
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _context(folder: Path) -> ssl.SSLContext:
    for name, text in certificates(["localhost"]).items():
        (folder / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    server = Api(tmp_path)
    (tmp_path / "namespace").write_text("trial")
    (tmp_path / "token").write_text("account")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "localhost")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.server_port))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def typed(account: Path) -> Result:
    hosts = ["--database-host=postgres", "--cache-host=valkey", "--server-name=mesh.internal"]
    return CliRunner().invoke(app, [*COMMAND, f"--account={account}", *hosts])


def data(secret: Any) -> dict[str, str]:
    return {key: base64.b64decode(text).decode() for key, text in secret["data"].items()}


def test_secrets_are_made_once_and_go_with_their_owner(cluster: Api, tmp_path: Path) -> None:
    assert typed(tmp_path).output == "sh-dev: made\nsh-dev-tls: made\n"
    made = {name: data(one) for name, one in cluster.made.items()}
    assert typed(tmp_path).output == "sh-dev: is there\nsh-dev-tls: is there\n"
    assert {name: data(one) for name, one in cluster.made.items()} == made
    assert cluster.tokens == {"Bearer account"}
    for one in cluster.made.values():
        (owner,) = one["metadata"]["ownerReferences"]
        assert owner == {"apiVersion": "v1", "kind": "ConfigMap", "name": "sh-dev", "uid": "u-1"}


def test_what_the_cluster_refuses_is_said(cluster: Api, tmp_path: Path) -> None:
    cluster.is_forbidden = True
    result = typed(tmp_path)
    assert result.exit_code == 3
    assert "403 secrets is forbidden" in result.output


def test_outside_of_a_cluster_nothing_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert typed(tmp_path).exit_code == 2


def test_keys_sign_what_their_sets_verify_and_urls_have_the_passwords() -> None:
    made = keys("postgres", "valkey")
    for signing, published in (("signing-key", "jwks"), ("mesh-key", "mesh-jwks")):
        key = SigningKey(json.loads(made[f"{signing}.json"]))
        token = signed(Grant(("demo",)), key, Issuer(), datetime.now(UTC))
        (public,) = jwt.PyJWKSet.from_json(made[f"{published}.json"]).keys
        assert jwt.decode(token, public, ["EdDSA"], audience="shadower")["role"] == "owner"
        assert '"d"' not in made[f"{published}.json"]
    assert len(base64.b64decode(made["notification-key"])) == 32
    assert f":{made['database-password']}@postgres/" in made["database-url"]
    assert f":{made['cache-password']}@valkey:" in made["redis-url"]
    assert keys("postgres", "valkey")["database-password"] != made["database-password"]


def test_the_certificate_is_for_all_names_and_of_the_authority() -> None:
    made = certificates(["mesh.internal", "sh-metrics.ns.svc.cluster.local"])
    authority = x509.load_pem_x509_certificate(made["ca.crt"].encode())
    own = x509.load_pem_x509_certificate(made["tls.crt"].encode())
    own.verify_directly_issued_by(authority)
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "mesh.internal",
        "sh-metrics.ns.svc.cluster.local",
    ]


def test_the_strictest_believe_the_certificate() -> None:
    made = certificates(["mesh.internal", "localhost"])
    own = x509.load_pem_x509_certificate(made["tls.crt"].encode())
    store = Store([x509.load_pem_x509_certificate(made["ca.crt"].encode())])
    builder = PolicyBuilder().store(store)
    assert builder.build_client_verifier().verify(own, [])
    assert builder.build_server_verifier(x509.DNSName("localhost")).verify(own, [])
    with pytest.raises(VerificationError):
        builder.build_server_verifier(x509.DNSName("elsewhere")).verify(own, [])
