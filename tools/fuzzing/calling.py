"""Sends an input as bytes, and notes what came back."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import grpc
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from tools.fuzzing.cases import Case

# Of a stream that goes on, so much is looked at.
MOST_REPLIES = 3
QUIET_SECONDS = 0.05
PAUSE_SECONDS = 0.003
TRIES = 5
LOST_STATUS = ("Internal error from Core", "Locally cancelled by application!")


@dataclass(frozen=True)
class Outcome:
    """How a call ended. A stream that lives on when it has been looked at, went well."""

    code: grpc.StatusCode
    seconds: float
    replies: tuple[bytes, ...] = ()
    status: Status | None = None
    message: str = ""
    was_let_go: bool = False
    """Whether the caller ended it, by its deadline."""


async def outcome_of(channel: grpc.aio.Channel, case: Case) -> Outcome:
    """Once more, if grpc.aio lost how a call ended because it was writing at that moment."""
    for _ in range(TRIES):
        outcome = await _outcome_of(channel, case)
        if outcome.message not in LOST_STATUS:
            return outcome
    # It ends before its second message, then.
    return await _outcome_of(channel, replace(case, payloads=case.payloads[:1]))


async def _outcome_of(channel: grpc.aio.Channel, case: Case) -> Outcome:
    began = time.perf_counter()
    replies: list[bytes] = []
    try:
        await (_stream if case.rpc.streams else _call)(channel, case, replies)
    except grpc.aio.AioRpcError as error:
        return _refused(error, time.perf_counter() - began)
    return Outcome(grpc.StatusCode.OK, time.perf_counter() - began, tuple(replies))


async def _call(channel: grpc.aio.Channel, case: Case, replies: list[bytes]) -> None:
    method: Any = channel.unary_unary(case.rpc.path)
    replies.append(await method(case.payloads[0], metadata=case.metadata, timeout=case.seconds))


async def _stream(channel: grpc.aio.Channel, case: Case, replies: list[bytes]) -> None:
    call = _started(channel, case)
    reading = None
    try:
        while len(replies) < MOST_REPLIES:
            reading = asyncio.ensure_future(call.read())
            reading.add_done_callback(_look_at)
            done, _ = await asyncio.wait([reading], timeout=QUIET_SECONDS if replies else None)
            if not done:
                return
            if reading.cancelled() or reading.result() is grpc.aio.EOF:
                await _raise_unless_ok(call)
                return
            replies.append(reading.result())
    finally:
        call.cancel()
        if reading and not reading.done():
            reading.cancel()


def _started(channel: grpc.aio.Channel, case: Case) -> Any:
    """What is a single message is sent at once with the call, which cannot end in between."""
    method: Any
    if len(case.payloads) == 1:
        method = channel.unary_stream(case.rpc.path)
        return method(case.payloads[0], metadata=case.metadata, timeout=case.seconds)
    method = channel.stream_stream(case.rpc.path)
    return method(_paced(case.payloads), metadata=case.metadata, timeout=case.seconds)


def _look_at(done: "asyncio.Future[Any]") -> None:
    """How a call ends that was let go is nobody's concern."""
    if not done.cancelled():
        done.exception()


async def _paced(payloads: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for payload in payloads:
        yield payload
        await asyncio.sleep(PAUSE_SECONDS)


async def _raise_unless_ok(call: Any) -> None:
    code = await call.code()
    if code is not grpc.StatusCode.OK:
        raise grpc.aio.AioRpcError(
            code,
            await call.initial_metadata(),
            await call.trailing_metadata(),
            details=await call.details(),
        )


def _refused(error: Any, seconds: float) -> Outcome:
    try:
        status = rpc_status.from_call(error)
    except ValueError:
        status = None
    return Outcome(
        code=error.code(),
        seconds=seconds,
        status=status,
        message=error.details() or "",
        was_let_go=error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and status is None,
    )
