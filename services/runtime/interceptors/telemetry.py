"""The log of calls, and their spans: what was asked, by whom, how it ended, how long it took.

One line each; but of many that are answered from memory, most are only counted.
"""

import random
import time
from collections.abc import Mapping
from typing import Any

import grpc

from services.runtime.call import Admitted, Call, Interceptor, Pairs
from services.runtime.call_log import CallLog, Fields
from services.runtime.contract import MethodContract
from services.runtime.interceptors.spans import CallSpans
from services.runtime.telemetry.traceparent import NO_PLACE, TRACEPARENT, Place, place_of

OK = grpc.StatusCode.OK.name
NAMES = {code.value[0]: code.name for code in grpc.StatusCode}


class Telemetry(Interceptor):
    """Gives the call the id of its trace, and logs it when it has ended."""

    def __init__(self, log: CallLog | None, spans: CallSpans | None = None) -> None:
        self._log = log
        self._spans = spans

    def enter(self, call: Call) -> None:
        if self._spans is not None:
            self._spans.begin(call)
        call.request_id = request_id(call.metadata, _place(call).trace_id)

    def recalled(
        self, contract: MethodContract, admitted: Admitted, pairs: Pairs, began: float
    ) -> None:
        seconds, place = time.perf_counter() - began, NO_PLACE
        if self._spans is not None:
            place = self._spans.note_recalled(contract, admitted, pairs, seconds)
        if self._log is not None:
            found = (admitted, pairs, seconds, place)
            self._log.note_or_count(contract.path, _fields_of_recalled, *found)

    def leave(self, call: Call) -> None:
        code = code_of(call)
        if self._log is not None:
            seconds = time.perf_counter() - call.began
            self._log.note(dict[str, object], _fields(call, code, seconds))
        if self._spans is not None:
            self._spans.end(call, code)


def _fields(call: Call, code: str, seconds: float) -> Fields:
    return {
        "method": call.contract.path,
        "code": code,
        "seconds": round(seconds, 6),
        "request_id": call.request_id,
        **_ids(_place(call)),
        "workspace_id": call.workspace_id or None,
        "subject": call.identity.subject if call.identity else None,
    }


def _fields_of_recalled(
    method: str, admitted: Admitted, pairs: Pairs, seconds: float, place: Place
) -> Fields:
    return {
        "method": method,
        "code": OK,
        "seconds": round(seconds, 6),
        "request_id": request_id(dict(pairs), place.trace_id),
        **_ids(place),
        "workspace_id": admitted.workspace_id,
        "subject": admitted.identity.subject,
    }


def _place(call: Call) -> Place:
    return call.span.place if call.span else NO_PLACE


def _ids(place: Place) -> Fields:
    """Nothing where no trace is begun."""
    if not place.trace_id:
        return {}
    return {"trace_id": place.trace_id, "span_id": place.span_id}


def request_id(metadata: Mapping[str, Any], begun: str = "") -> str:
    """The id of the caller's trace, or of the edge's request, or of a trace that was begun here, or
    a new one."""
    trace_id = place_of(metadata.get(TRACEPARENT, "")).trace_id
    if trace_id:
        return trace_id
    # Unlike enough; who needs it to be secret brings one.
    return metadata.get("x-request-id", "")[:64] or begun or f"{random.getrandbits(128):032x}"


def code_of(call: Call) -> str:
    """How it has ended, by the name of its status."""
    if call.context.cancelled():
        return grpc.StatusCode.CANCELLED.name
    code = call.context.code()
    return code.name if isinstance(code, grpc.StatusCode) else NAMES[code or 0]
