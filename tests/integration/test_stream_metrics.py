"""StreamMetrics: a reader who applies what it is told knows what GetMetrics answers."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import grpc
import psycopg
import pytest
from google.protobuf.duration_pb2 import Duration
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from tests.support import oracle
from tests.support.errors import refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.runs import Client, Row, interval, point, run, time_of
from tests.support.stack import Environment, Running, Stack, Stubs, ready, start, stop

PATIENCE = 10
NOW = datetime.now(UTC).replace(microsecond=0)
# The first bucket lies in it only in part.
START = NOW.replace(minute=0, second=0) - timedelta(hours=5, minutes=30)
WHOLE = interval(START, NOW + timedelta(minutes=55))
HOURLY = {"interval": WHOLE, "granularity": Granularity.GRANULARITY_HOUR}
BUILT_IN = {"metrics": ["executions", "running", "success_rate", "cost", "duration_p95"]}
BY_MODEL = {"group_by": [Dimension.DIMENSION_MODEL, Dimension.DIMENSION_STATUS]}
POINTS = {"metrics": ["depth", "temp"], "group_by_tags": ["region"]}
QUERIES: list[dict[str, Any]] = [BUILT_IN | HOURLY | BY_MODEL, BUILT_IN | HOURLY]
QUERIES += [
    BUILT_IN | BY_MODEL | {"interval": WHOLE},
    POINTS | HOURLY,
    BUILT_IN | {"interval": WHOLE},
]
QUERIES += [
    BUILT_IN | HOURLY | {"granularity": Granularity.GRANULARITY_DAY, "time_zone": "Asia/Tokyo"}
]


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

    def connect(self, metadata: Any = None) -> None:
        request = StreamMetricsRequest(
            workspace_id=self.client.workspace,
            cursor=self.cursor,
            heartbeat_interval=Duration(seconds=1),
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


@pytest.fixture
def client(stubs: Stubs, keys: KeyRing) -> Client:
    return Client.of_new_workspace(stubs, keys)


@pytest.fixture
async def own(
    stack: Stack, jwks_file: Path, tmp_path: Path, client: Client
) -> AsyncIterator[tuple[Running, Reader]]:
    """A metrics process of the test's own, and a reader of it."""
    service = start("metrics", Environment(stack.database_url, jwks_file, tmp_path))
    try:
        await ready(service)
        async with service.channel() as channel:
            yield service, Reader(client, BUILT_IN | HOURLY, MetricsServiceStub(channel))
    finally:
        if service.process.poll() is None:
            stop(service)


async def test_a_change_is_told_within_a_second(client: Client) -> None:
    reader = Reader(client, BUILT_IN | HOURLY)
    reader.connect()
    assert (await reader.read()).snapshot.interval == WHOLE
    for number in range(3):
        await client.record([run(f"r-{number}", NOW, cost_usd="0.1")])
        committed = time.monotonic()
        told = await reader.read()
        assert time.monotonic() - committed < 1
        assert told.HasField("delta")
        assert time_of(told.as_of) >= NOW
    await reader.check()
    reader.call.cancel()


async def test_deltas_are_in_order_of_time(client: Client) -> None:
    """A run leaves an early bucket for a late one."""
    await client.record([run("r", START, status="running")])
    reader = Reader(client, BUILT_IN | HOURLY)
    reader.connect()
    await reader.read()
    await client.record([run("r", NOW, status="running")])
    told = oracle.answered((await reader.read()).delta.time_series)
    values = {time: value for (metric, _, time), value in told.items() if metric == "running"}
    assert sorted(values.items()) == [(START.replace(minute=0), None), (hour_of(NOW), 1)]
    reader.call.cancel()


def hour_of(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


async def test_heartbeats(client: Client) -> None:
    reader = Reader(client, BUILT_IN | {"interval": WHOLE})
    reader.connect()
    first = await reader.read()
    for _ in range(2):
        began = time.monotonic()
        beat = await reader.read()
        assert beat.HasField("heartbeat")
        assert 0.8 < time.monotonic() - began < 2
        assert beat.cursor == first.cursor
    reader.call.cancel()


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


@pytest.mark.parametrize("number", range(len(QUERIES)))
async def test_nothing_is_missed(client: Client, number: int) -> None:
    """However the runs change, and however often the reader goes away and comes back."""
    random = Random(number)
    producer, reader = Producer(client, random), Reader(client, QUERIES[number])
    await producer.step()
    for _ in range(5):
        reader.connect()
        await reader.read()
        for _ in range(random.randrange(4)):
            await producer.step()
            await reader.read()
        reader.call.cancel()
        for _ in range(random.randrange(4)):
            await producer.step()
    reader.connect()
    await producer.step()
    await reader.read_until_quiet()
    reader.call.cancel()
    await reader.check()
    assert reader.kinds.count("snapshot") == 1
    assert reader.kinds.count("delta") >= 5


async def test_what_lies_in_the_future_is_told(client: Client) -> None:
    """Without an interval, all that comes."""
    reader = Reader(client, BUILT_IN | {"granularity": Granularity.GRANULARITY_MINUTE})
    reader.connect()
    begin = time_of((await reader.read()).snapshot.interval.start_time)
    assert abs(datetime.now(UTC) - timedelta(hours=1) - begin) < timedelta(seconds=PATIENCE)
    soon = datetime.now(UTC) + timedelta(minutes=55)
    await client.record([run("soon", soon), run("old", begin - timedelta(seconds=1))])
    await reader.read()
    told = {key[2]: value for key, value in reader.points.items() if key[0] == "executions"}
    minute = soon.replace(second=0, microsecond=0)
    assert told == {minute: 1}
    reader.call.cancel()
    await client.record([run("sooner", minute - timedelta(minutes=50))])
    reader.connect()
    await reader.read_until_quiet()
    reader.call.cancel()
    starts = {key[2] for key in reader.points if key[0] == "executions"}
    assert starts == {minute, minute - timedelta(minutes=50)}
    assert reader.kinds.count("snapshot") == 1


async def test_a_closed_interval_ends_the_stream(client: Client) -> None:
    await client.record([run("r", START)])
    reader = Reader(client, BUILT_IN | HOURLY | {"interval": interval(START, NOW)})
    reader.connect()
    await reader.read()
    await reader.check()
    last = await reader.read()
    assert (last.HasField("status"), last.status.code) == (True, 0)
    assert await reader.read() is grpc.aio.EOF
    assert await reader.call.code() is grpc.StatusCode.OK


async def test_an_interval_that_ends_soon_ends_the_stream(client: Client) -> None:
    soon = interval(START, datetime.now(UTC) + timedelta(seconds=2))
    reader = Reader(client, BUILT_IN | {"interval": soon})
    reader.connect()
    last = await status_of(reader)
    assert (last.status.code, datetime.now(UTC) >= time_of(soon.end_time)) == (0, True)
    assert await reader.read() is grpc.aio.EOF


async def status_of(reader: Reader) -> StreamMetricsResponse:
    for _ in range(100):
        message = await reader.read()
        if message.HasField("status"):
            return message
    raise AssertionError("no status")


async def check_broken(reader: Reader, code: grpc.StatusCode, reason: str) -> None:
    """The last message says why, and so does the call."""
    last = await status_of(reader)
    for told in (refusal_in(last.status), await refused(reader.read())):
        assert (told.code, told.reason) == (code, reason)


async def test_an_expired_token_ends_the_stream(client: Client, keys: KeyRing) -> None:
    reader = Reader(client, BUILT_IN | {"interval": WHOLE})
    expires = int(time.time()) + 3
    reader.connect(keys.metadata(client.workspace, exp=expires))
    await check_broken(reader, grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")
    assert expires <= time.time() < expires + 2
    await client.record([run("r", NOW)])
    reader.connect()
    await reader.read_until_quiet()
    await reader.check()
    assert reader.kinds.count("snapshot") == 1


@pytest.mark.parametrize("cursor", ["of another query", "x", "WzEsMl0"])
async def test_foreign_cursors_are_refused(client: Client, cursor: str) -> None:
    other = Reader(client, BUILT_IN | HOURLY)
    other.connect()
    await other.read()
    other.call.cancel()
    mine = other.cursor if cursor == "of another query" else cursor
    reader = Reader(client, BUILT_IN | {"interval": WHOLE}, cursor=mine)
    reader.connect()
    refusal = await refused(reader.read())
    assert (refusal.code.name, refusal.reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    assert refusal.fields == ("cursor",)


async def test_a_restart_says_so_and_loses_nothing(own: tuple[Running, Reader]) -> None:
    service, reader = own
    await reader.client.record([run("r-1", NOW)])
    reader.connect()
    await reader.read()
    stopping = asyncio.create_task(asyncio.to_thread(stop, service))
    await check_broken(reader, grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")
    assert await stopping == 0
    await reader.client.record([run("r-2", NOW), run("r-3", START)])
    reader.stub = None
    reader.connect()
    await reader.read_until_quiet()
    await reader.check()
    assert reader.kinds.count("snapshot") == 1
    reader.call.cancel()


async def test_a_forgotten_log_loses_nothing(stack: Stack, own: tuple[Running, Reader]) -> None:
    """The process stands still until the log of changes does not go back far enough."""
    service, reader = own
    await reader.client.record([run("r", START, status="running"), run("other", NOW)])
    reader.connect()
    await reader.read_until_quiet()
    service.process.send_signal(signal.SIGSTOP)
    try:
        await reader.client.record([run("r", NOW, status="running")])
        with psycopg.connect(stack.database_url) as connection:
            connection.execute(
                "delete from shadower.workspace_changes where workspace_id = %s",
                (reader.client.workspace,),
            )
    finally:
        service.process.send_signal(signal.SIGCONT)
    await reader.read_until_quiet()
    await reader.read_until_quiet()
    await reader.check()
    reader.call.cancel()
