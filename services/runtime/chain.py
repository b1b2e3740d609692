"""Puts our interceptors around the handlers of grpc.aio, whatever streams in or out."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError, Message

from services.runtime.call import (
    CURRENT_CALL,
    WORKSPACE_HEADER,
    Admitted,
    Call,
    Context,
    Interceptor,
)
from services.runtime.conditions import unless_known
from services.runtime.contract import MethodContract
from services.runtime.ending import Ending
from services.runtime.faults import ResourceExhausted, invalid_field
from services.runtime.recall import Recall

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behaviour = Callable[[Any, Context], Any]
Read = Callable[[bytes], Message | None]


class Chain:
    """The interceptors in their order."""

    def __init__(self, interceptors: Sequence[Interceptor], slow_reader_seconds: float) -> None:
        self._interceptors = tuple(interceptors)
        self._admissions = [one.admit for one in interceptors if _does(one, "admit")]
        self._judges = [one.still_admits for one in interceptors if _does(one, "still_admits")]
        self.recallings = [one.recalled for one in interceptors if _does(one, "recalled")]
        self._mourners = [one.abandoned for one in interceptors if _does(one, "abandoned")]
        self._finishers = [one.succeed for one in interceptors if _does(one, "succeed")]
        self._slow_reader_seconds = slow_reader_seconds

    def following(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What goes on beside the calls."""
        return (one.follow() for one in self._interceptors if _does(one, "follow"))

    def still_admits(self, admitted: Admitted) -> bool:
        return all(judge(admitted) for judge in self._judges)

    def guard(self, handler: Handler, contract: MethodContract) -> Handler:
        """A handler that nothing reaches but through the chain."""
        make, behaviour = _shape(handler)
        read = partial(_read, handler.request_deserializer)
        # A workspace that is implied may be told by what is not in the message.
        if hasattr(behaviour, "reply_to") and not contract.workspace_may_be_implied:
            return make(_FromMemory(self, behaviour, contract, read).answer)
        answer = self._answer_with_stream if contract.streams_replies else self._answer_once
        written = partial(_written, handler.response_serializer)
        return make(answer(behaviour, contract, read), response_serializer=written)

    def _answer_once(self, behaviour: Behaviour, contract: MethodContract, read: Read) -> Behaviour:
        async def answer(request: Any, context: Context) -> Any:
            async def work(call: Call) -> Any:
                async with asyncio.timeout(call.seconds):
                    return await behaviour(self.admitted(call, request, read), context)

            return await self.passed(Call(contract, context, _metadata(context)), work)

        return answer

    def _answer_with_stream(
        self, behaviour: Behaviour, contract: MethodContract, read: Read
    ) -> Behaviour:
        async def answer(request: Any, context: Context) -> None:
            ending = Ending()

            async def work(call: Call) -> None:
                with ending.told():
                    admitted = self.admitted(call, request, read)
                    async with aclosing(behaviour(admitted, context)) as replies:
                        async for reply in replies:
                            await self._write(context, reply)

            await self.passed(Call(contract, context, _metadata(context), ending=ending), work)

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
                f"no message was taken for {seconds} s; go on where the last one ended",
                metadata={"seconds": seconds},
            ) from late

    async def passed(self, call: Call, work: Callable[[Call], Awaitable[Any]]) -> Any:
        """What the work gives, between the interceptors."""
        CURRENT_CALL.set(call)
        entered: list[Interceptor] = []
        try:
            for interceptor in self._interceptors:
                interceptor.enter(call)
                entered.append(interceptor)
            result = await self._worked(call, work)
            for succeed in self._finishers:
                await succeed(call)
            return result
        except Exception as error:
            for interceptor in reversed(entered):
                await interceptor.fail(call, error)
            raise
        finally:
            for interceptor in reversed(entered):
                interceptor.leave(call)

    async def _worked(self, call: Call, work: Callable[[Call], Awaitable[Any]]) -> Any:
        try:
            return await work(call)
        except asyncio.CancelledError:
            for abandoned in self._mourners:
                abandoned(call)
            raise

    def admitted(self, call: Call, request: Any, read: Read) -> Any:
        """The message, or the stream of messages, that is encoded."""
        if call.contract.streams_requests:
            return self._admitted_stream(call, request, read)
        return self._admit(call, read(request))

    async def _admitted_stream(
        self, call: Call, requests: AsyncIterator[bytes], read: Read
    ) -> AsyncIterator[Message]:
        async for request in requests:
            yield self._admit(call, read(request))

    def _admit(self, call: Call, request: Message | None) -> Message:
        if request is None:
            raise invalid_field("request", "cannot be read as a message of its type")
        for admit in self._admissions:
            admit(call, request)
        return request


class _FromMemory:
    """Answers an RPC without a wait, and so without a clock, if the answer is there."""

    def __init__(self, chain: Chain, behaviour: Any, contract: MethodContract, read: Read) -> None:
        self._chain = chain
        self._behaviour = behaviour
        self._reply_to = partial(behaviour.reply_to, behaviour.__self__)
        self._contract = contract
        self._read = read
        self._recall = Recall()

    async def answer(self, encoded: bytes, context: Context) -> Any:
        began, path = time.perf_counter(), self._contract.path
        pairs: Any = context.invocation_metadata() or ()
        admitted = self._recall.find(pairs, encoded)
        is_good = admitted is not None and self._chain.still_admits(admitted)
        found = admitted.reply() if admitted and is_good else None
        if admitted is None or found is None:
            call = Call(self._contract, context, _texts(pairs))
            work = partial(self._admit_and_answer, encoded, pairs)
            reply = await self._chain.passed(call, work)
            return unless_known(reply, path, call.workspace_id, pairs, context)
        for recalled in self._chain.recallings:
            recalled(self._contract, admitted, pairs, began)
        return unless_known(found, path, admitted.workspace_id, pairs, context)

    async def _admit_and_answer(self, encoded: bytes, pairs: Any, call: Call) -> Any:
        request = self._chain.admitted(call, encoded, self._read)
        reply = self._reply_to(request)
        self._recall.keep(call, pairs, encoded, reply)
        found = reply()
        if found is not None:
            return found
        async with asyncio.timeout(call.seconds):
            return await self._behaviour(request, call.context)


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
    return _texts(context.invocation_metadata() or ())


def _texts(pairs: Any) -> dict[str, str]:
    texts = {key: value for key, value in pairs if isinstance(value, str)}
    if WORKSPACE_HEADER in texts:
        # The edge charges by the first of several; a list of them names no workspace.
        named = [value for key, value in pairs if key == WORKSPACE_HEADER]
        texts[WORKSPACE_HEADER] = ",".join(named)
    return texts
