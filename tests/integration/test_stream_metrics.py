"""StreamMetrics: a reader who applies what it is told knows what GetMetrics answers."""

import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.granularity_pb2 import Granularity

from tests.support import oracle
from tests.support.errors import refused
from tests.support.live import BUILT_IN, HOURLY, NOW, PATIENCE, START, WHOLE, Producer, Reader
from tests.support.runs import Client, run, time_of

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
    begun_before = datetime.now(UTC) - timedelta(hours=1) - begin
    assert timedelta() <= begun_before < timedelta(minutes=10, seconds=PATIENCE)
    assert begin.timestamp() % 600 == 0
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
