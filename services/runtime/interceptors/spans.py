"""Spans of calls, as they are served.

https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
"""

import time
from functools import cache, lru_cache
from typing import NamedTuple

import grpc
from opentelemetry.trace import SpanContext

from services.runtime.call import Admitted, Call, Pairs
from services.runtime.contract import MethodContract
from services.runtime.telemetry.running import RUNNING
from services.runtime.telemetry.shapes import INTERNAL, SERVER, Shape
from services.runtime.telemetry.spans import RECORDED, SPANS, new_span_id
from services.runtime.telemetry.traceparent import NO_PLACE, TRACEPARENT, Place, place_of
from services.runtime.telemetry.tracer import TRACER, Tracer
from services.runtime.telemetry.wire import (
    encoded_attribute,
    encoded_ids,
    encoded_times,
    field,
)

CODE, WORKSPACE = "rpc.grpc.status_code", "shadower.workspace_id"
# Other refusals are the caller's errors, not ours.
FAILURES = {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
HIT = Shape("cache", INTERNAL, shadower__cache__outcome="hit")
OK = encoded_attribute(CODE, 0)


class CallSpans:
    """Goes on in the caller's trace, or begins one."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def begin(self, call: Call) -> None:
        parent = place_of(call.metadata.get(TRACEPARENT, ""))
        span = call.span = self._tracer.begin(_shape(call.contract.path), parent)
        # The task is the call's alone, so that nobody needs it taken back.
        RUNNING.set(span)

    def end(self, call: Call, code: str) -> None:
        span = call.span
        if span is None:
            return
        span.set(CODE, grpc.StatusCode[code].value[0])
        if call.workspace_id:
            span.set(WORKSPACE, call.workspace_id)
        if code in FAILURES:
            span.fail(code)
        span.end()

    def note_recalled(
        self, contract: MethodContract, admitted: Admitted, pairs: Pairs, seconds: float
    ) -> Place:
        """Of a call that is over already."""
        parent = NO_PLACE
        for key, value in pairs:
            if key == TRACEPARENT:
                parent = place_of(str(value))
        place = self._tracer.place(parent)
        if place.is_recorded:
            workspace_id, ended = admitted.workspace_id, time.time_ns()
            self._tracer.keep(
                _Recalled(contract.path, place, parent.span_id, workspace_id, ended, seconds)
            )
        return place


class _Recalled(NamedTuple):
    """The span of such a call, and that of its look into the cache: made when they are sent, since
    to make them takes as long as the answer."""

    path: str
    place: Place
    parent_id: str
    workspace_id: str
    ended: int
    seconds: float

    @property
    def context(self) -> SpanContext:
        return RECORDED

    def encoded(self) -> bytes:
        trace_id, span_id, _ = self.place
        times = encoded_times(self.ended - round(self.seconds * 1e9), self.ended)
        call = encoded_ids(trace_id, span_id, self.parent_id) + times
        look = encoded_ids(trace_id, new_span_id(), span_id) + times
        answered = _answered(self.path, self.workspace_id)
        return field(SPANS, answered + call) + field(SPANS, HIT.encoded + look)


@lru_cache(4096)
def _answered(path: str, workspace_id: str) -> bytes:
    """What all calls of an RPC that are answered have in common in a workspace."""
    return _shape(path).encoded + OK + encoded_attribute(WORKSPACE, workspace_id)


@cache
def _shape(path: str) -> Shape:
    """Of an RPC of ours, of which there are so many."""
    service, _, method = path.strip("/").partition("/")
    return Shape(
        f"{service}/{method}", SERVER, rpc__system="grpc", rpc__service=service, rpc__method=method
    )


def call_spans() -> CallSpans | None:
    """None if nobody wants to see them."""
    tracer = TRACER.get()
    return CallSpans(tracer) if tracer else None
