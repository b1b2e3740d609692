"""A question as it is put, and all that is heard of an answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass

from gateway.web.graphql.operations import STREAM
from tests.tenancy.ways import Way
from tools.fuzzing.rpcs import Rpc

CODES = {code.value[0]: code.name for code in grpc.StatusCode}
OK = "OK"


@dataclass(frozen=True)
class Asked:
    """A request, whose it is, and the workspace that it is for."""

    way: Way
    workspace: str
    fields: Mapping[str, Any]
    token: str

    @property
    def message(self) -> Any:
        content = {"workspace_id": self.workspace, **self.fields}
        kind = self.way.rpc.request
        known = {name: one for name, one in content.items() if name in kind.fields_by_name}
        return _message(kind, known)

    @property
    def headers(self) -> dict[str, str]:
        bearer = f"Bearer {self.token}"
        return {"authorization": bearer, "x-shadower-workspace": self.workspace}

    @property
    def is_endless(self) -> bool:
        """One message is enough, then."""
        return self.way.rpc.path == STREAM.path


def _message(kind: Any, content: dict[str, Any]) -> Any:
    """Bytes are bytes here, where JSON has none."""
    body = content.pop("body", None)
    message: Any = ParseDict(content, GetMessageClass(kind)())
    if body:
        message.body.content_type, message.body.data = body["content_type"], body["data"]
    return message


@dataclass
class Heard:
    """All that came back, and what it says."""

    code: str = OK
    data: bytearray = field(default_factory=bytearray)
    content: list[Any] = field(default_factory=list)
    """What is told, as JSON has it."""

    def take(self, rpc: Rpc, encoded: bytes) -> None:
        """A message: its own bytes, and its numbers in letters."""
        message: Any = GetMessageClass(rpc.reply).FromString(encoded)
        told = MessageToDict(message, always_print_fields_with_no_presence=True)
        self.data += encoded + json.dumps(told).encode()
        self.content.append(told)

    def fail(self, code: int | str, *said: object) -> None:
        self.code = CODES[code] if isinstance(code, int) else code
        self.data += repr(said).encode()


def understand_graphql(heard: Heard, told: Any) -> None:
    for error in told.get("errors", ()):
        heard.fail(error["extensions"]["code"])
    heard.content.append(told.get("data"))
