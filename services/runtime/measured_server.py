"""Lets services be registered that only the edge calls: nothing is asked of their calls, but they
are counted like the others."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any, TypeAlias

import grpc

from services.runtime.interceptors.measuring import OK, UNARY, calls_of, labels_of
from services.runtime.telemetry.instruments import Instruments
from services.runtime.telemetry.tallies import Histogram

UNKNOWN, CANCELLED = grpc.StatusCode.UNKNOWN.name, grpc.StatusCode.CANCELLED.name
Found: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"


class MeasuredServer:
    """What such a service is registered with. All of its RPCs have one request and one reply."""

    def __init__(self, server: grpc.aio.Server, measured: Instruments) -> None:
        self._server = server
        self._calls = calls_of(measured)

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        self._server.add_generic_rpc_handlers([_Measured(one, self._calls) for one in handlers])

    def add_registered_method_handlers(self, _service: str, _handlers: object) -> None:
        """They are those that were added as generic ones."""


class _Measured(grpc.GenericRpcHandler):
    def __init__(self, handlers: grpc.GenericRpcHandler, calls: Histogram) -> None:
        self._handlers = handlers
        self._calls = calls
        self._known: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Found:
        path = handler_call_details.method
        if path not in self._known:
            handler: Any = self._handlers.service(handler_call_details)
            if handler is None:
                return None
            self._known[path] = self._around(path, handler)
        found: Found = self._known[path]
        return found

    def _around(self, path: str, handler: Any) -> Any:
        good, bad, left = (labels_of(path, code, UNARY) for code in (OK, UNKNOWN, CANCELLED))
        behaviour, calls = handler.unary_unary, self._calls

        async def answer(request: Any, context: Any) -> Any:
            began, labels = time.perf_counter(), bad
            try:
                reply = await behaviour(request, context)
                labels = good
                return reply
            except asyncio.CancelledError:
                labels = left
                raise
            finally:
                calls.note(labels, time.perf_counter() - began)

        return grpc.unary_unary_rpc_method_handler(
            answer, handler.request_deserializer, handler.response_serializer
        )
