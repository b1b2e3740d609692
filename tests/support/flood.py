"""A MetricsService whose streams tell more than anybody can read, and count how often they did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.metrics.v1.metric_pb2 import TimeSeries
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse
from shadower.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)

POINTS = 200
# A workspace where less happens.
CALM = "calm"
CALM_SECONDS = 0.05


@dataclass
class Flood(MetricsServiceServicer):
    """Every point of every message has the number of the message as its value."""

    pause_seconds: float = 0.002
    told: dict[str, int] = field(default_factory=dict)
    metadata: list[dict[str, str]] = field(default_factory=list)

    def forget(self) -> None:
        self.pause_seconds = 0.002
        self.told.clear()
        self.metadata.clear()

    async def StreamMetrics(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.metadata.append(dict(context.invocation_metadata()))
        yield StreamMetricsResponse(cursor="0", snapshot=StreamMetricsResponse.Snapshot())
        for number in range(1, 1_000_000):
            self.told[request.workspace_id] = number
            delta = StreamMetricsResponse.Delta(time_series=[_series(number)])
            yield StreamMetricsResponse(cursor=str(number), delta=delta)
            await asyncio.sleep(
                CALM_SECONDS if request.workspace_id == CALM else self.pause_seconds
            )


def _series(number: int) -> TimeSeries:
    series = TimeSeries(metric="executions")
    for hour in range(POINTS):
        point = series.points.add(start_time=Timestamp(seconds=hour * 3600))
        point.value.integer = number
    return series


@asynccontextmanager
async def running_flood(flood: Flood) -> AsyncIterator[str]:
    """Its address."""
    server = grpc.aio.server()
    add_MetricsServiceServicer_to_server(flood, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
