"""A stream of metrics that goes on when it is cut, where it was."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import grpc
from google.rpc.status_pb2 import Status
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from cli.asking.session import Session
from cli.refusals import code_of, in_words, told_in_words

PAUSE_SECONDS = 1.0
# An edge that stays away for longer is not waited for.
PATIENCE_SECONDS = 60.0
# The stream's last message asks for these: to come again, or with another token.
PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED}


async def followed(
    session: Session, request: StreamMetricsRequest
) -> AsyncIterator[StreamMetricsResponse]:
    """Messages, but for the last of each stream. Ends with the interval. Raises CommandError."""
    heard: float | None = None
    while True:
        try:
            async for message in _one_stream(session, request):
                if message.HasField("status"):
                    if not _may_go_on(session, message.status, heard):
                        return
                    break
                heard = monotonic()
                request.cursor = message.cursor
                yield message
            else:
                return
        except grpc.aio.AioRpcError as error:
            if error.code() not in PASSING or not _is_patient(heard):
                raise in_words(error, session.edge.address) from error
        await asyncio.sleep(PAUSE_SECONDS)


def _may_go_on(session: Session, told: Any, heard: float | None) -> bool:
    """False at the interval's end."""
    status = Status.FromString(told.SerializeToString())
    if status.code == grpc.StatusCode.OK.value[0]:
        return False
    if code_of(status) not in PASSING or not _is_patient(heard):
        raise told_in_words(status, session.edge.address)
    return True


def _is_patient(heard: float | None) -> bool:
    """Nobody waits for a stream that never began."""
    return heard is not None and monotonic() - heard < PATIENCE_SECONDS


async def _one_stream(
    session: Session, request: StreamMetricsRequest
) -> AsyncIterator[StreamMetricsResponse]:
    call = session.stub(MetricsServiceStub).StreamMetrics(request, metadata=session.edge.metadata())
    try:
        async for message in call:
            yield message
    finally:
        call.cancel()
