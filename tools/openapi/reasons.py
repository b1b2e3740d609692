"""Examples of errors, of each reason one, as its comment in the contract has it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
from shadower.common.v1.error_reason_pb2 import ErrorReason

from tools.comments import comment_of, summary_of

ENUM = "shadower.common.v1.ErrorReason"
# As the edge turns codes into HTTP.
HTTP = {
    "INVALID_ARGUMENT": "400",
    "UNAUTHENTICATED": "401",
    "PERMISSION_DENIED": "403",
    "NOT_FOUND": "404",
    "ALREADY_EXISTS": "409",
    "RESOURCE_EXHAUSTED": "429",
    "UNAVAILABLE": "503",
    "DEADLINE_EXCEEDED": "504",
}
CODE = re.compile(r"\b(" + "|".join(HTTP) + r")\b")
INFO = "type.googleapis.com/google.rpc.ErrorInfo"


@dataclass(frozen=True)
class Reason:
    """Why a call is refused."""

    name: str
    meaning: str
    code: str
    info: dict[str, Any]

    def example(self) -> dict[str, Any]:
        number = grpc.StatusCode[self.code].value[0]
        details = [{"@type": INFO, **self.info}]
        return {
            "summary": summary_of(self.meaning),
            "value": {"code": number, "message": summary_of(self.meaning), "details": details},
        }


def reasons_of(status: str) -> dict[str, Any]:
    """Examples of an HTTP status by their reasons."""
    return {one.name: one.example() for one in reasons() if HTTP[one.code] == status}


def reasons() -> Iterator[Reason]:
    """Those whose comment names a code and has an example; others are of items, not of calls."""
    for value in ErrorReason.DESCRIPTOR.values:
        meaning, found, example = comment_of(f"{ENUM}.{value.name}").partition('{"reason"')
        code = CODE.search(meaning)
        if found and code:
            name = value.name.removeprefix("ERROR_REASON_")
            # What stands behind the example is of another one.
            info, _ = json.JSONDecoder().raw_decode(found + example)
            yield Reason(name, meaning.strip(), code[1], info)
