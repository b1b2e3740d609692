"""The log of calls: what was asked, by whom, how it ended, how long it took.

One line each; but of many that are answered from memory, most are only counted.
"""

import random
import re
import time
from collections.abc import Mapping
from typing import Any

import grpc

from services.runtime.call import Admitted, Call, Interceptor, Pairs
from services.runtime.call_log import CallLog, Fields
from services.runtime.contract import MethodContract

# https://www.w3.org/TR/trace-context/#traceparent-header
OK = grpc.StatusCode.OK.name
NAMES = {code.value[0]: code.name for code in grpc.StatusCode}
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


class Telemetry(Interceptor):
    """Gives the call the id of its trace, and logs it when it has ended."""

    def __init__(self, log: CallLog | None) -> None:
        self._log = log

    def enter(self, call: Call) -> None:
        call.request_id = request_id(call.metadata)

    def recalled(
        self, contract: MethodContract, admitted: Admitted, pairs: Pairs, began: float
    ) -> None:
        if self._log is not None:
            seconds = time.perf_counter() - began
            self._log.note_or_count(contract.path, _fields_of_recalled, admitted, pairs, seconds)

    def leave(self, call: Call) -> None:
        if self._log is not None:
            seconds = time.perf_counter() - call.began
            self._log.note(dict[str, object], _fields(call, code_of(call), seconds))


def _fields(call: Call, code: str, seconds: float) -> Fields:
    return {
        "method": call.contract.path,
        "code": code,
        "seconds": round(seconds, 6),
        "request_id": call.request_id,
        "workspace_id": call.workspace_id or None,
        "subject": call.identity.subject if call.identity else None,
    }


def _fields_of_recalled(method: str, admitted: Admitted, pairs: Pairs, seconds: float) -> Fields:
    return {
        "method": method,
        "code": OK,
        "seconds": round(seconds, 6),
        "request_id": request_id(dict(pairs)),
        "workspace_id": admitted.workspace_id,
        "subject": admitted.identity.subject,
    }


def request_id(metadata: Mapping[str, Any]) -> str:
    """The id of the caller's trace, or of the edge's request, or a new one."""
    trace = TRACEPARENT.match(metadata.get("traceparent", ""))
    if trace:
        return trace.group(1)
    # Unlike enough; who needs it to be secret brings one.
    return metadata.get("x-request-id", "")[:64] or f"{random.getrandbits(128):032x}"


def code_of(call: Call) -> str:
    """How it has ended, by the name of its status."""
    if call.context.cancelled():
        return grpc.StatusCode.CANCELLED.name
    code = call.context.code()
    return code.name if isinstance(code, grpc.StatusCode) else NAMES[code or 0]
