"""RollUp, VerifyRollups and ListRollups: what they make, prove, find and repair."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from shadower.aggregates.v1 import aggregates_service_pb2 as pb
from shadower.aggregates.v1.rollup_pb2 import RollupCuboid, RollupLevel

from services.warehouse.database import Database
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups import kinds
from services.warehouse.rollups.cells import TABLE, calculate
from services.warehouse.rollups.ledger import enter, lock_workspace
from services.warehouse.rollups.levels import ALL_SORTS, KEPT, OF_POINTS, SORTS, Cuboid, Level, Sort
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import Spans, to_microseconds
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.locks import activity
from tests.support.oracle import by_sql
from tests.support.rolling import roll, verify
from tests.support.runs import Client, Row, generated_runs, interval, point, run
from tests.support.stack import Stack

START = datetime(2025, 3, 3, tzinfo=UTC)
WEEK = timedelta(days=7)
WHOLE = Interval(START, START + WEEK)
# Enough for cells of the workspace to be worth their place, and no finer ones of an hour.
RUNS = 4_000
CELLS = (
    "select * from shadower.execution_cells where workspace_id = %s order by 1, 2, 3, 4, 5, 6, 7, 8"
)


@pytest.fixture
def runs() -> list[Row]:
    return generated_runs(Random(3), RUNS, START, WEEK)


@pytest.fixture
async def client(stack: Stack, keys: KeyRing, runs: list[Row]) -> Client:
    filled = Client.of_new_workspace(stack.stubs, keys)
    await filled.record(runs)
    return filled


def cells(stack: Stack, client: Client) -> list[Any]:
    with psycopg.connect(stack.database_url) as database:
        return database.execute(CELLS, [client.workspace]).fetchall()


async def roll_up(client: Client, **fields: Any) -> list[pb.RollUpResponse]:
    """Of the week that there are runs of, unless told otherwise."""
    fields = {"interval": {"start_time": START, "end_time": START + WEEK}} | fields
    request = pb.RollUpRequest(workspace_id=client.workspace, **fields)
    call: AsyncIterator[pb.RollUpResponse] = client.stubs.aggregates.RollUp(
        request, metadata=client.metadata
    )
    return [one async for one in call]


async def found_wrong(client: Client, **fields: Any) -> list[pb.VerifyRollupsResponse]:
    request = pb.VerifyRollupsRequest(workspace_id=client.workspace, **fields)
    call = client.stubs.aggregates.VerifyRollups(request, metadata=client.metadata)
    return [one async for one in call if one.differing]


async def rolled(client: Client) -> dict[tuple[str, str], timedelta]:
    """How much time cells of each sort agree with the facts about."""
    request = pb.ListRollupsRequest(workspace_id=client.workspace)
    answer = await client.stubs.aggregates.ListRollups(request, metadata=client.metadata)
    return {
        (RollupLevel.Name(one.level)[13:], RollupCuboid.Name(one.cuboid)[14:]): sum(
            (i.end_time.ToDatetime() - i.start_time.ToDatetime() for i in one.intervals),
            timedelta(),
        )
        for one in answer.rollups
    }


async def test_cells_are_made_where_they_are_worth_it(stack: Stack, client: Client) -> None:
    progress = await roll_up(client)
    assert all(one.progress.missing.ToTimedelta() == WEEK for one in progress)
    assert not any(one.progress.postponed.ToTimedelta() for one in progress)
    times = await rolled(client)
    assert times["WEEK", "WORKSPACE"] == times["HOUR", "WORKSPACE"] == WEEK
    sorts = {(row[1], row[2]) for row in cells(stack, client)}
    assert {("hour", "workspace"), ("day", "agent"), ("week", "fine")} <= sorts
    assert ("hour", "fine") not in sorts


async def test_rolling_up_again_changes_nothing(stack: Stack, client: Client) -> None:
    await roll_up(client)
    before = cells(stack, client)
    assert len(before) > 7 * 24
    assert await roll_up(client) == []
    assert cells(stack, client) == before


async def test_cells_that_were_thrown_away_come_out_the_same(
    stack: Stack, rolling: Database, client: Client
) -> None:
    await roll(rolling, client.workspace, WHOLE)
    before = cells(stack, client)
    assert {(row[1], row[2]) for row in before} == {tuple(map(str, sort)) for sort in SORTS}
    with psycopg.connect(stack.database_url) as database:
        for table in ("execution_cells", "rollups"):
            database.execute(
                f"delete from shadower.{table} where workspace_id = %s".encode(), [client.workspace]
            )
    await roll(rolling, client.workspace, WHOLE)
    assert cells(stack, client) == before


async def test_longest_cells_can_be_left_out(client: Client) -> None:
    await roll_up(client, level=RollupLevel.ROLLUP_LEVEL_HOUR)
    assert {level for level, _ in await rolled(client)} == {"SLOT", "HOUR"}


async def test_late_facts_take_out_what_they_touch_and_no_more(client: Client) -> None:
    await roll_up(client)
    before = await rolled(client)
    await client.record([run("late", START + timedelta(hours=30, minutes=7))])
    after = await rolled(client)
    assert before["HOUR", "WORKSPACE"] - after["HOUR", "WORKSPACE"] == timedelta(hours=1)
    assert before["DAY", "WORKSPACE"] - after["DAY", "WORKSPACE"] == timedelta(days=1)
    assert before["WEEK", "WORKSPACE"] - after["WEEK", "WORKSPACE"] == WEEK
    assert await found_wrong(client) == []
    await roll_up(client)
    assert await rolled(client) == before
    assert await found_wrong(client) == []


DAMAGES = {
    "a sum": "update shadower.execution_cells set cost_sum = cost_sum + 1 where {one}",
    "bins": "update shadower.execution_cells set duration_bins = '' where {one}",
    "users": "update shadower.execution_cells set users = '' where {one}",
    "a cell that is gone": "delete from shadower.execution_cells where {one}",
    "a cell too many": "update shadower.execution_cells set model = 'never' where {one}",
}
ONE = "workspace_id = %s and level = 'day' and cuboid = 'model' and model = 'm-1' and start = %s"


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damage_is_found_and_repaired(stack: Stack, client: Client, damage: str) -> None:
    await roll_up(client)
    with psycopg.connect(stack.database_url) as database:
        statement = DAMAGES[damage].format(one=ONE)
        done = database.execute(statement.encode(), [client.workspace, START])
        assert done.rowcount == 1
    wrong = await found_wrong(client)
    assert [(one.level, one.cuboid, one.repaired) for one in wrong] == [
        (RollupLevel.ROLLUP_LEVEL_DAY, RollupCuboid.ROLLUP_CUBOID_MODEL, False)
    ]
    assert {one.start_time.ToDatetime(tzinfo=UTC) for one in wrong[0].differences} == {START}
    assert [one.repaired for one in await found_wrong(client, repair=True)] == [True]
    assert await found_wrong(client) == []


async def test_facts_that_went_past_the_writers_are_found(stack: Stack, client: Client) -> None:
    """Every sort of cells that counted them is wrong, and all are put right."""
    await roll_up(client)
    with psycopg.connect(stack.database_url) as database:
        done = database.execute(
            "delete from shadower.executions where workspace_id = %s and execution_id = 'run-7'",
            [client.workspace],
        )
        assert done.rowcount == 1
    sorts = {(one.level, one.cuboid) for one in await found_wrong(client, repair=True)}
    assert (RollupLevel.ROLLUP_LEVEL_HOUR, RollupCuboid.ROLLUP_CUBOID_WORKSPACE) in sorts
    assert (RollupLevel.ROLLUP_LEVEL_WEEK, RollupCuboid.ROLLUP_CUBOID_FINE) in sorts
    assert await found_wrong(client) == []


async def test_a_roller_that_dies_leaves_what_it_did(rolling: Database, client: Client) -> None:
    steps = Roller(rolling, 0).roll(client.workspace, WHOLE)
    done = [await anext(steps) for _ in range(5)]
    await steps.aclose()
    async with rolling.reading(client.workspace) as session:
        there = session.rolled
    assert sum(spans.length for spans in there.values()) == done[-1].done > 0
    await roll(rolling, client.workspace, WHOLE)
    async with rolling.reading(client.workspace) as session:
        assert session.rolled.keys() == set(ALL_SORTS)
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]


async def test_facts_that_come_while_it_calculates_are_not_missed(
    rolling: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is recorded between what a roller reads and what it writes."""
    of_runs = kinds.OF_RUNS
    late = iter(range(2))

    async def overtaken(session: Any, sort: Sort, span: Any) -> Any:
        found = await of_runs.calculate(session, sort, span)
        if sort == Sort(Level.DAY, Cuboid.WORKSPACE) and (number := next(late, None)) is not None:
            await client.record([run(f"late-{number}", START + timedelta(hours=number))])
        return found

    monkeypatch.setattr(kinds, "OF_RUNS", replace(of_runs, calculate=overtaken))
    await roll(rolling, client.workspace, WHOLE)
    assert next(late, None) is None
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]


async def test_busy_hours_are_prepared(stack: Stack, keys: KeyRing, rolling: Database) -> None:
    """The hour that runs, and the next, of a workspace that was busy in the last."""
    client = Client.of_new_workspace(stack.stubs, keys)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    await client.record([run(f"r-{n}", hour - timedelta(minutes=1 + n % 59)) for n in range(200)])
    await client.record([run("now", hour)])
    await roll_up(client, interval=None)
    async with rolling.reading(client.workspace) as session:
        (span,) = session.rolled[KEPT]
        assert session.as_of.replace(minute=0, second=0, microsecond=0) == hour, "run it again"
    assert (span[1] - span[0]) == 3 * Level.HOUR.length
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]


async def test_bad_input(client: Client) -> None:
    backwards = {"start_time": START, "end_time": START - WEEK}
    wrong = [{"interval": backwards}, {"level": 9}]
    for fields in wrong:
        refusal = await refused(anext(aiter(_stream(client, **fields))))
        assert refusal.reason == "VALIDATION_FAILED"


async def _stream(client: Client, **fields: Any) -> AsyncIterator[Any]:
    request = pb.RollUpRequest(workspace_id=client.workspace, **fields)
    async for one in client.stubs.aggregates.RollUp(request, metadata=client.metadata):
        yield one


async def test_the_first_roll_up_and_a_first_writer_do_not_miss_each_other(
    stack: Stack, keys: KeyRing, rolling: Database
) -> None:
    """Who waits for the lock until cells are entered for the first time must know of them."""
    client = Client.of_new_workspace(stack.stubs, keys)
    await client.record([run("first", START + timedelta(minutes=1))])
    hour = (to_microseconds(START), to_microseconds(START) + Level.HOUR.length)
    async with rolling.reading(client.workspace) as session:
        cells = await calculate(session, KEPT, hour)
    async with rolling.writing(client.workspace) as session:
        await lock_workspace(session)
        late = asyncio.create_task(client.record([run("late", START + timedelta(minutes=2))]))
        await until_somebody_waits(stack.database_url)
        await TABLE.replace(session, KEPT, hour, cells)
        await enter(session, KEPT, Spans((hour,)))
    assert (await late)["stored"] == 1
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]
    answer = await client.metrics(metrics=["executions"], interval=interval(START, START + WEEK))
    assert answer.time_series[0].points[0].value.integer == 2


async def until_somebody_waits(url: str) -> None:
    waiting = f"select count(*) from {activity(url)} where wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while not by_sql(url, waiting)[0][0]:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.05)


async def test_rolling_up_what_nobody_has_recorded_enters_nothing(
    stack: Stack, keys: KeyRing, rolling: Database
) -> None:
    client = Client.of_new_workspace(stack.stubs, keys)
    await roll_up(client)
    async with rolling.reading(client.workspace) as session:
        assert session.rolled == {}


async def test_verifying_a_day_spreads_no_damage_of_another(stack: Stack, client: Client) -> None:
    await roll_up(client)
    tuesday, thursday = START + timedelta(days=1), START + timedelta(days=3)
    with psycopg.connect(stack.database_url) as database:
        statement = DAMAGES["a sum"].format(one=ONE)
        assert database.execute(statement.encode(), [client.workspace, tuesday]).rowcount == 1
    day = {"start_time": thursday, "end_time": thursday + timedelta(days=1)}
    assert [one.repaired for one in await found_wrong(client, repair=True, interval=day)] == [True]
    assert await found_wrong(client) == []


async def test_cells_of_points_do_not_depend_on_how_they_were_rolled_up(
    stack: Stack, keys: KeyRing, rolling: Database
) -> None:
    """Sums of floating numbers depend on their order, so that is always the same."""
    client = Client.of_new_workspace(stack.stubs, keys)
    values = (0.1, 0.2, 0.3, 70.1, 1e-9, 1e9)
    points = [
        point("m", value * (1 + n), START + timedelta(minutes=47 * n + 7 * k))
        for n in range(150)
        for k, value in enumerate(values)
    ]
    await client.record_points(points)
    await roll(rolling, client.workspace, Interval(START, START + timedelta(hours=1)))
    await roll(rolling, client.workspace, WHOLE)
    assert not [one for one in await verify(rolling, client.workspace) if one.differences]
    sorts = {one.sort for one in await verify(rolling, client.workspace) if one.cells}
    assert set(OF_POINTS) <= sorts
