"""Lets services be registered so that each of their handlers is guarded."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import grpc

from services.runtime.chain import Chain, Handler
from services.runtime.contract import MethodContract, method_contract

Found: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"


class GuardedServer:
    """What a service is registered with.

    No interceptor of grpc.aio: those are asked for a handler at each call, which takes a good part
    of the time of a small one.
    """

    def __init__(
        self, server: grpc.aio.Server, chain: Chain, foreign: Mapping[str, MethodContract]
    ) -> None:
        """`foreign` is the policy for methods that others define."""
        self._server = server
        self._chain = chain
        self._foreign = foreign

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        self._server.add_generic_rpc_handlers([_Guarded(one, self._guard) for one in handlers])

    def add_registered_method_handlers(self, _service: str, _handlers: object) -> None:
        """They are those that were added as generic ones."""

    def _guard(self, path: str, handler: Handler) -> Found:
        """None if nobody has said who may call it."""
        contract = self._foreign.get(path) or method_contract(path)
        return self._chain.guard(handler, contract) if contract else None


class _Guarded(grpc.GenericRpcHandler):
    """The handlers of a service, each guarded when it is first asked for."""

    def __init__(
        self, handlers: grpc.GenericRpcHandler, guard: Callable[[str, Handler], Found]
    ) -> None:
        self._handlers = handlers
        self._guard = guard
        self._guarded: dict[str, Handler] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Found:
        path = handler_call_details.method
        return self._guarded.get(path) or self._found(path, handler_call_details)

    def _found(self, path: str, details: grpc.HandlerCallDetails) -> Found:
        handler: Found = self._handlers.service(details)
        guarded = self._guard(path, handler) if handler else None
        if guarded:
            self._guarded[path] = guarded
        return guarded
