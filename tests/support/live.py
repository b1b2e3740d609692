"""A reader of StreamMetrics and a producer of changes, around the present time."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse

from tests.support import oracle
from tests.support.runs import Client, Row, interval, point, run, time_of

PATIENCE = 10
NOW = datetime.now(UTC).replace(microsecond=0)
# The first bucket lies in it only in part.
START = NOW.replace(minute=0, second=0) - timedelta(hours=5, minutes=30)
WHOLE = interval(START, NOW + timedelta(minutes=55))
HOURLY = {"interval": WHOLE, "granularity": Granularity.GRANULARITY_HOUR}
BUILT_IN = {"metrics": ["executions", "running", "success_rate", "cost", "duration_p95"]}


@dataclass
class Reader:
    """A client's view of a stream, by the rules of the contract."""

    client: Client
    query: dict[str, Any]
    stub: Any = None
    points: dict[Any, Any] = field(default_factory=dict)
    cursor: str = ""
    call: Any = None
    kinds: list[str] = field(default_factory=list)
    heartbeat_seconds: int = 1

    def connect(self, metadata: Any = None) -> None:
        request = StreamMetricsRequest(
            workspace_id=self.client.workspace,
            cursor=self.cursor,
            heartbeat_interval=Duration(seconds=self.heartbeat_seconds),
            **self.query,
        )
        stub = self.stub or self.client.stubs.metrics
        self.call = stub.StreamMetrics(request, metadata=metadata or self.client.metadata)

    async def read(self) -> StreamMetricsResponse:
        message = await asyncio.wait_for(self.call.read(), PATIENCE)
        if message is not grpc.aio.EOF:
            self.take(message)
        return message

    def take(self, message: StreamMetricsResponse) -> None:
        self.kinds.append(message.WhichOneof("payload"))
        self.cursor = message.cursor or self.cursor
        if message.HasField("snapshot"):
            self.points = oracle.answered(message.snapshot.time_series)
        if message.HasField("delta"):
            self.apply(message.delta)

    def apply(self, delta: StreamMetricsResponse.Delta) -> None:
        if delta.HasField("replaced"):
            gone = time_of(delta.replaced.start_time), time_of(delta.replaced.end_time)
            self.points = {k: v for k, v in self.points.items() if not gone[0] <= k[2] < gone[1]}
        for series in delta.time_series:
            labels = frozenset(series.labels.items())
            self.points |= {
                (series.metric, labels, time_of(point.start_time)): oracle.number(point.value)
                for point in series.points
            }
        self.points = {key: value for key, value in self.points.items() if value is not None}

    async def read_until_quiet(self) -> None:
        for _ in range(100):
            if (await self.read()).HasField("heartbeat"):
                return
        raise AssertionError("never quiet")

    async def check(self) -> None:
        """What was told is what is asked."""
        answer = await self.client.metrics(page_size=10_000, **self.query)
        assert self.points == oracle.answered(answer.time_series)


def some_time(random: Random) -> datetime:
    return START + timedelta(seconds=random.randrange(-1800, 6 * 3600))


class Producer:
    """Sends new runs, runs that go on, move and end, late costs, and points."""

    def __init__(self, client: Client, random: Random) -> None:
        self.client, self.random = client, random
        self.rows: dict[str, Row] = {}

    async def step(self) -> None:
        chosen = [self._run() for _ in range(self.random.randrange(1, 4))]
        await self.client.record(chosen)
        region = self.random.choice([{}, {"region": "eu"}, {"region": "us"}])
        kind, when = self.random.choice(["depth", "temp"]), some_time(self.random)
        await self.client.record_points([point(kind, self.random.random(), when, **region)])

    def _run(self) -> Row:
        name = f"run-{self.random.randrange(25)}"
        row = self.rows.get(name)
        if row is None:
            row = run(name, some_time(self.random), status="running", model=self._model())
        elif row["status"] != "running":
            row |= {"cost_usd": f"{self.random.randrange(100)}.5"}
        elif self.random.random() < 0.5:
            row |= {"start_time": some_time(self.random), "model": self._model()}
        else:
            end = row["start_time"] + timedelta(seconds=self.random.randrange(1, 60))
            row |= {"status": self.random.choice(["succeeded", "failed"]), "end_time": end}
        self.rows[name] = row
        return dict(row)

    def _model(self) -> str | None:
        return self.random.choice([None, "m-1", "m-2"])
