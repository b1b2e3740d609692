"""Puts our interceptors around the handlers of grpc.aio, whatever streams in or out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError, Message

from services.runtime.call import CURRENT_CALL, Call, Context, Interceptor
from services.runtime.contract import MethodContract
from services.runtime.faults import ResourceExhausted, invalid_field

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behaviour = Callable[[Any, Context], Any]


class Chain:
    """The interceptors in their order."""

    def __init__(self, interceptors: Sequence[Interceptor], slow_reader_seconds: float) -> None:
        self._interceptors = tuple(interceptors)
        self._admissions = [one.admit for one in interceptors if _does(one, "admit")]
        self._slow_reader_seconds = slow_reader_seconds

    def guard(self, handler: Handler, contract: MethodContract) -> Handler:
        """A handler that nothing reaches but through the chain."""
        make, behaviour = _shape(handler)
        wrap = self._answer_with_stream if contract.streams_replies else self._answer_once
        return make(
            wrap(behaviour, contract),
            request_deserializer=partial(_read, handler.request_deserializer),
            response_serializer=partial(_written, handler.response_serializer),
        )

    def _answer_once(self, behaviour: Behaviour, contract: MethodContract) -> Behaviour:
        at_once = _at_once(behaviour)

        async def answer(request: Any, context: Context) -> Any:
            async def work(call: Call) -> Any:
                admitted = self._admitted(call, request)
                reply = at_once(admitted, context)
                if reply is not None:
                    return reply
                async with asyncio.timeout(call.seconds):
                    return await behaviour(admitted, context)

            return await self._passed(Call(contract, context, _metadata(context)), work)

        return answer

    def _answer_with_stream(self, behaviour: Behaviour, contract: MethodContract) -> Behaviour:
        async def answer(request: Any, context: Context) -> None:
            async def work(call: Call) -> None:
                async with aclosing(behaviour(self._admitted(call, request), context)) as replies:
                    async for reply in replies:
                        await self._write(context, reply)

            await self._passed(Call(contract, context, _metadata(context)), work)

        return answer

    async def _write(self, context: Context, reply: Any) -> None:
        """Bounds how long a reader who takes nothing can hold a stream."""
        try:
            async with asyncio.timeout(self._slow_reader_seconds):
                await context.write(reply)
        except TimeoutError as late:
            seconds = f"{self._slow_reader_seconds:g}"
            raise ResourceExhausted(
                "CLIENT_TOO_SLOW",
                f"no message was taken for {seconds} s",
                metadata={"seconds": seconds},
            ) from late

    async def _passed(self, call: Call, work: Callable[[Call], Awaitable[Any]]) -> Any:
        """What the work gives, between the interceptors."""
        CURRENT_CALL.set(call)
        entered: list[Interceptor] = []
        try:
            for interceptor in self._interceptors:
                interceptor.enter(call)
                entered.append(interceptor)
            return await work(call)
        except Exception as error:
            for interceptor in reversed(entered):
                await interceptor.fail(call, error)
            raise
        finally:
            for interceptor in reversed(entered):
                interceptor.leave(call)

    def _admitted(self, call: Call, request: Any) -> Any:
        if call.contract.streams_requests:
            return self._admitted_stream(call, request)
        self._admit(call, request)
        return request

    async def _admitted_stream(self, call: Call, requests: AsyncIterator[Message]) -> Any:
        async for request in requests:
            self._admit(call, request)
            yield request

    def _admit(self, call: Call, request: Message | None) -> None:
        if request is None:
            raise invalid_field("request", "cannot be read as a message of its type")
        for admit in self._admissions:
            admit(call, request)


def _at_once(behaviour: Behaviour) -> Behaviour:
    """Gives the reply if it is there already, without a wait and so without a clock, which takes
    longer to set than such a reply; else None."""
    found = getattr(behaviour, "at_once", None)
    return partial(found, behaviour.__self__) if found else _not_at_once  # type: ignore[attr-defined]


def _not_at_once(_request: Any, _context: Context) -> None:
    return None


def _does(interceptor: Interceptor, what: str) -> bool:
    return getattr(type(interceptor), what) is not getattr(Interceptor, what)


def _read(deserialize: Any, encoded: bytes) -> Message | None:
    """None if it cannot be read, which is told to those who may call at all."""
    try:
        message: Message = deserialize(encoded)
    except DecodeError:
        return None
    return message


def _written(serialize: Any, reply: Message | bytes) -> Any:
    """What was remembered is in bytes already."""
    return reply if isinstance(reply, bytes) else serialize(reply)


def _shape(handler: Any) -> tuple[Callable[..., Handler], Behaviour]:
    if handler.request_streaming and handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler, handler.stream_stream
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler, handler.stream_unary
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler, handler.unary_stream
    return grpc.unary_unary_rpc_method_handler, handler.unary_unary


def _metadata(context: Context) -> dict[str, str]:
    pairs = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}
