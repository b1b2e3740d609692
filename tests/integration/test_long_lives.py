"""Streams that outlive a token, a quiet time, an interval or their process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.execution_pb2 import EXECUTION_STATUS_SUCCEEDED
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest, StreamRecordsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest

from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.stack import Environment, Stack, Stubs, ready, start, stop


def run(number: int) -> Execution:
    now = Timestamp()
    now.GetCurrentTime()
    return Execution(
        execution_id=f"run-{number}",
        agent_id="a",
        status=EXECUTION_STATUS_SUCCEEDED,
        start_time=now,
    )


async def record(stubs: Stubs, keys: KeyRing, workspace: str, number: int) -> None:
    batch = RecordExecutionsRequest(workspace_id=workspace, executions=[run(number)])
    await stubs.ingest.RecordExecutions(batch, metadata=keys.metadata(workspace))


async def batches(workspace: str, seconds: float) -> AsyncIterator[StreamRecordsRequest]:
    """One batch now and one after a while."""
    yield StreamRecordsRequest(workspace_id=workspace, executions=[run(1)])
    await asyncio.sleep(seconds)
    yield StreamRecordsRequest(executions=[run(2)])


async def test_a_stream_of_batches_ends_with_its_token(
    stubs: Stubs, keys: KeyRing, workspace: str
) -> None:
    expires = int(datetime.now(UTC).timestamp()) + 2
    call = stubs.ingest.StreamRecords(
        batches(workspace, 3), metadata=keys.metadata(workspace, exp=expires)
    )
    assert (await call.read()).counts.stored == 1
    refusal = await refused(call.read())
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")


async def test_heartbeats_come_however_much_else_happens(
    stubs: Stubs, keys: KeyRing, workspace: str
) -> None:
    """What is recorded is of another agent: there is nothing to tell but that the stream lives."""
    request = StreamMetricsRequest(
        workspace_id=workspace,
        metrics=["executions"],
        filter=Filter(agent_ids=["nobody"]),
        heartbeat_interval=Duration(seconds=1),
    )
    call = stubs.metrics.StreamMetrics(request, metadata=keys.metadata(workspace))
    first = await call.read()
    assert first.HasField("snapshot")
    for number in range(8):
        await record(stubs, keys, workspace, number)
        await asyncio.sleep(0.3)
    beat = await asyncio.wait_for(call.read(), 2)
    assert beat.HasField("heartbeat")
    assert beat.cursor != first.cursor
    call.cancel()


async def test_what_is_committed_before_the_end_is_told_before_the_end(
    stubs: Stubs, keys: KeyRing, workspace: str
) -> None:
    end = datetime.now(UTC) + timedelta(seconds=2)
    interval = TimeInterval()
    interval.start_time.FromDatetime(end - timedelta(hours=1))
    interval.end_time.FromDatetime(end)
    request = StreamMetricsRequest(
        workspace_id=workspace, metrics=["executions"], interval=interval
    )
    call = aiter(stubs.metrics.StreamMetrics(request, metadata=keys.metadata(workspace)))
    await anext(call)
    number = 0
    while datetime.now(UTC) < end - timedelta(milliseconds=60):
        await record(stubs, keys, workspace, number)
        number += 1
    messages = [message async for message in call]
    told = [
        point.value.integer
        for message in messages
        for series in message.delta.time_series
        for point in series.points
    ]
    assert told[-1] == number
    assert messages[-1].status.code == 0


async def test_a_process_that_ends_lets_go_of_its_producers(
    stack: Stack, keys: KeyRing, jwks_file: Path, tmp_path: Path, workspace: str
) -> None:
    service = start("ingest", Environment(stack.database_url, jwks_file, tmp_path))
    await ready(service)
    async with service.channel() as channel:
        stub: Any = IngestServiceStub(channel)
        call = stub.StreamRecords(batches(workspace, 60), metadata=keys.metadata(workspace))
        assert (await call.read()).counts.stored == 1
        began = asyncio.get_running_loop().time()
        ended = asyncio.create_task(asyncio.to_thread(stop, service))
        refusal = await refused(call.read())
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")
        assert await ended == 0
    # Well under the ten seconds that calls in flight are given.
    assert asyncio.get_running_loop().time() - began < 5
