"""A full process says so, and when to come back; a reader that takes nothing is let go."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2, health_pb2_grpc
from shadower.common.v1.granularity_pb2 import GRANULARITY_MINUTE
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.ingest.v1.ingest_service_pb2 import RecordMetricPointsRequest
from shadower.ingest.v1.metric_point_pb2 import MetricPoint
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.stack import SERVICES, Environment, Running, Stack, ready, start, stop

MINUTES = 9_000
# Otherwise the transport takes in megabytes ahead of its reader.
SMALL_WINDOW = (("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1024))
START = datetime.now(UTC) - timedelta(minutes=MINUTES)


@pytest.fixture
async def small(stack: Stack, jwks_file: Path, tmp_path: Path) -> Any:
    """A metrics process with room for one stream, and little patience."""
    limits = (("SHADOWER_MAX_STREAMS", "1"), ("SHADOWER_SLOW_READER_SECONDS", "0.5"))
    service = start("metrics", Environment(stack.database_url, jwks_file, tmp_path, limits))
    try:
        await ready(service)
        yield service
    finally:
        stop(service)


async def test_a_stream_too_many_is_refused_until_there_is_room(
    small: Running, keys: KeyRing, workspace: str
) -> None:
    metadata = keys.metadata(workspace)
    request = StreamMetricsRequest(
        workspace_id=workspace, metrics=["executions"], heartbeat_interval=Duration(seconds=1)
    )
    async with small.channel() as channel:
        stub: Any = MetricsServiceStub(channel)
        first = stub.StreamMetrics(request, metadata=metadata)
        assert (await first.read()).HasField("snapshot")
        refusal = await refused(stub.StreamMetrics(request, metadata=metadata).read())
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "SERVER_BUSY",
        )
        assert refusal.retry_seconds == 1
        check = health_pb2.HealthCheckRequest(service=SERVICES["metrics"])
        health: Any = health_pb2_grpc.HealthStub(channel)
        assert (await health.Check(check)).status == health_pb2.HealthCheckResponse.SERVING
        first.cancel()
        await asyncio.sleep(refusal.retry_seconds)
        again = stub.StreamMetrics(request, metadata=metadata)
        assert (await again.read()).HasField("snapshot")
        again.cancel()


async def test_a_reader_that_takes_nothing_is_let_go(
    small: Running, stack: Stack, keys: KeyRing, workspace: str
) -> None:
    """Its first message is on its way when the call begins; what changes then finds no room."""
    interval = TimeInterval(start_time=_at(0), end_time=_at(MINUTES + 30))
    request = StreamMetricsRequest(
        workspace_id=workspace,
        metrics=["load"],
        interval=interval,
        granularity=GRANULARITY_MINUTE,
    )
    async with grpc.aio.insecure_channel(small.address, options=SMALL_WINDOW) as channel:
        stub: Any = MetricsServiceStub(channel)
        unread = stub.StreamMetrics(request, metadata=keys.metadata(workspace))
        await unread.initial_metadata()
        for value in range(3):
            await _record_points(stack, keys, workspace, value)
        await asyncio.sleep(2)
        refusal = await refused(_rest_of(unread))
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "CLIENT_TOO_SLOW",
        )


async def _rest_of(stream: Any) -> None:
    async with asyncio.timeout(15):
        async for _ in stream:
            pass


async def _record_points(stack: Stack, keys: KeyRing, workspace: str, value: int) -> None:
    """More than a connection takes in without being read."""
    points = [
        MetricPoint(point_id=f"{value}", metric_type="load", value=value, timestamp=_at(minute))
        for minute in range(MINUTES)
    ]
    for first in range(0, MINUTES, 1000):
        batch = RecordMetricPointsRequest(
            workspace_id=workspace, metric_points=points[first : first + 1000]
        )
        await stack.stubs.ingest.RecordMetricPoints(batch, metadata=keys.metadata(workspace))


def _at(minutes: int) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(START + timedelta(minutes=minutes))
    return timestamp
