"""What late facts, and writers of other versions, take out of the ledger of what is rolled up."""

from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest

from services.warehouse.database import Database
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups.levels import KEPT, SORTS, Cuboid, Level, Rolled, Sort
from services.warehouse.rollups.spans import Spans, between
from tests.support.keys import KeyRing
from tests.support.rolling import roll, verify
from tests.support.runs import Client, generated_runs, interval, run
from tests.support.stack import Stack

START = datetime(2025, 3, 3, tzinfo=UTC)
WEEK = timedelta(days=7)
WHOLE = Interval(START, START + WEEK)
LATE = START + timedelta(hours=31, minutes=7)
RUNS = 500


@pytest.fixture
async def client(stack: Stack, keys: KeyRing, rolling: Database) -> Client:
    """Of a workspace whose week is rolled up."""
    filled = Client.of_new_workspace(stack.stubs, keys)
    await filled.record(generated_runs(Random(5), RUNS, START, WEEK))
    await roll(rolling, filled.workspace, WHOLE)
    return filled


async def agreeing(rolling: Database, client: Client) -> Rolled:
    async with rolling.reading(client.workspace) as session:
        return session.rolled


async def test_a_late_run_takes_one_cell_of_each_length(rolling: Database, client: Client) -> None:
    before = await agreeing(rolling, client)
    await client.record([run("late", LATE)])
    after = await agreeing(rolling, client)
    touched = between(LATE, LATE + timedelta(microseconds=1))
    # Writers add to those, so they may still agree.
    for sort in set(SORTS) - {KEPT}:
        left = after.get(sort, Spans())
        assert before[sort] - left == sort.level.around(touched), sort
    await roll(rolling, client.workspace, WHOLE)
    assert await agreeing(rolling, client) == before
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]


@pytest.mark.parametrize("cuboid", [Cuboid.WORKSPACE, Cuboid.AGENT, Cuboid.MODEL])
async def test_of_a_cell_that_is_taken_in_part_nothing_is_left(
    stack: Stack, rolling: Database, client: Client, cuboid: Cuboid
) -> None:
    """As by a writer of a version that knew no cells of six hours: it takes the hour."""
    sort = Sort(Level.QUARTER_DAY, cuboid)
    before = await agreeing(rolling, client)
    with psycopg.connect(stack.database_url) as database:
        taken = database.execute(
            "update shadower.rollups set spans = spans - tstzmultirange(tstzrange(%s, %s))"
            " where workspace_id = %s and level = %s and cuboid = %s",
            [LATE, LATE + timedelta(hours=1), client.workspace, *map(str, sort)],
        )
        assert taken.rowcount == 1
    after = await agreeing(rolling, client)
    touched = between(LATE, LATE + timedelta(hours=1))
    assert before[sort] - after[sort] == sort.level.around(touched)
    # From within one such cell, so that hours and the next such cells answer.
    asked = interval(LATE, START + timedelta(hours=48))
    answer = await client.metrics(metrics=["executions"], interval=asked)
    with psycopg.connect(stack.database_url) as database:
        counted = database.execute(
            "select count(*) from shadower.executions"
            " where workspace_id = %s and started_at >= %s and started_at < %s",
            [client.workspace, LATE, START + timedelta(hours=48)],
        ).fetchone()
    assert counted == (answer.time_series[0].points[0].value.integer,)
    await roll(rolling, client.workspace, WHOLE)
    assert await agreeing(rolling, client) == before
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]
