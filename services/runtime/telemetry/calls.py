"""Spans of calls to other services, and the trace that goes along with them.

https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import grpc

from services.runtime.telemetry.running import RUNNING
from services.runtime.telemetry.shapes import CLIENT, Shape
from services.runtime.telemetry.spans import Span
from services.runtime.telemetry.traceparent import TRACEPARENT, Place
from services.runtime.telemetry.tracer import TRACER

CODE = "rpc.grpc.status_code"
REMEMBERED = 1_024

Details = grpc.aio.ClientCallDetails
Continuation = Callable[[Details, Any], Awaitable[Any]]


class _Calls:
    """Those that go on in a trace. What belongs to none here goes on as its caller has it."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    async def begun(self, continuation: Continuation, details: Details, request: Any) -> Any:
        """The call as it is, for its caller to await, read or cancel."""
        running = RUNNING.get()
        if running is None:
            return await continuation(details, request)
        if not running.takes_children:
            return await continuation(_told(details, running.place), request)
        span = running.child(shape_of(details.method))
        call = await continuation(_told(details, span.place), request)
        self._watch(span, call)
        return call

    def _watch(self, span: Span, call: Any) -> None:
        """Beside it, since whoever waits within an interceptor has to pass on each cancellation."""
        watching = asyncio.create_task(_ended(span, call))
        self._under_way.add(watching)
        watching.add_done_callback(self._under_way.discard)


class _OnceAnswered(_Calls, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Continuation, client_call_details: Details, request: Any
    ) -> Any:
        return await self.begun(continuation, client_call_details, request)


class _StreamsOfAnswers(_Calls, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Continuation, client_call_details: Details, request: Any
    ) -> Any:
        return await self.begun(continuation, client_call_details, request)


def tracing_interceptors() -> list[Any]:
    """None where nobody wants to see traces."""
    return [_OnceAnswered(), _StreamsOfAnswers()] if TRACER.get() else []


def _told(details: Details, place: Place) -> Details:
    metadata = grpc.aio.Metadata(*(details.metadata or ()))
    metadata.set_all(TRACEPARENT, [place.traceparent])
    return Details(
        details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
    )


async def _ended(span: Span, call: Any) -> None:
    code = await call.code()
    span.set(CODE, code.value[0])
    if code is not grpc.StatusCode.OK:
        span.fail(code.name)
    span.end()


@lru_cache(REMEMBERED)
def shape_of(method: str | bytes) -> Shape:
    path = method.decode() if isinstance(method, bytes) else method
    service, _, name = path.strip("/").partition("/")
    return Shape(
        f"{service}/{name}", CLIENT, rpc__system="grpc", rpc__service=service, rpc__method=name
    )
