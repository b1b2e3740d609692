"""Cells of five minutes: those of the hour that runs, and what late runs do to them."""

from datetime import UTC, datetime, timedelta

import pytest

from services.warehouse.database import Database
from services.warehouse.rollups.levels import OF_SLOTS, Cuboid, Level, Sort
from services.warehouse.rollups.spans import Spans, between, to_microseconds
from tests.support.keys import KeyRing
from tests.support.rolling import roll, verify
from tests.support.runs import Client, run
from tests.support.stack import Stack

OF_WORKSPACE = Sort(Level.SLOT, Cuboid.WORKSPACE)
HOURS_OF_WORKSPACE = Sort(Level.HOUR, Cuboid.WORKSPACE)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def hour() -> datetime:
    """The last whole one."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR


@pytest.fixture
async def client(stack: Stack, keys: KeyRing, hour: datetime) -> Client:
    """Of a workspace with a run in every minute of the last two hours."""
    filled = Client.of_new_workspace(stack.stubs, keys)
    minutes = int((datetime.now(UTC) - hour) / MINUTE)
    await filled.record([run(f"r-{n}", hour + n * MINUTE) for n in range(minutes)])
    return filled


async def agreeing(rolling: Database, client: Client, sort: Sort) -> Spans:
    async with rolling.reading(client.workspace) as session:
        return session.rolled.get(sort, Spans())


async def test_slots_of_the_running_hour_are_rolled_once_they_are_over(
    rolling: Database, client: Client, hour: datetime
) -> None:
    before = Level.SLOT.floor(to_microseconds(datetime.now(UTC)))
    await roll(rolling, client.workspace)
    after = Level.SLOT.floor(to_microseconds(datetime.now(UTC)))
    for sort in OF_SLOTS:
        [(start, end)] = await agreeing(rolling, client, sort)
        assert start == to_microseconds(hour)
        assert end in (before, after)
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]


async def test_a_late_run_takes_its_slot_and_no_other(
    rolling: Database, client: Client, hour: datetime
) -> None:
    await roll(rolling, client.workspace)
    slots = await agreeing(rolling, client, OF_WORKSPACE)
    assert await agreeing(rolling, client, HOURS_OF_WORKSPACE) == between(hour, hour + HOUR)
    await client.record([run("late", hour + 7 * MINUTE)])
    touched = between(hour + 5 * MINUTE, hour + 10 * MINUTE)
    assert await agreeing(rolling, client, OF_WORKSPACE) == slots - touched
    assert await agreeing(rolling, client, HOURS_OF_WORKSPACE) == Spans()
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]
    await roll(rolling, client.workspace)
    assert not slots - await agreeing(rolling, client, OF_WORKSPACE)
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]
