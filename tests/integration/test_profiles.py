"""Profiles of agents are the same from cells as from facts, whatever changes or breaks."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from services.warehouse.database import Database
from services.warehouse.rollups import profile_cells
from services.warehouse.rollups.levels import PROFILES
from tests.support.oracle import by_sql
from tests.support.profiles import (
    END,
    START,
    check_profiles,
    runs_of_weeks,
)
from tests.support.rolling import roll, rolling_database, verify
from tests.support.runs import Client, Row, run
from tests.support.stack import Stack

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 16, tzinfo=UTC)
INTERVALS = [
    (START, END),
    (START + timedelta(minutes=5), START + timedelta(minutes=50)),
    (MONDAY - timedelta(days=1), MONDAY + timedelta(days=7)),
    (MONDAY + HOUR, MONDAY + timedelta(days=1, hours=3, seconds=1)),
    # Amid the long run: within what counts of it, and beyond.
    (START + timedelta(days=3, hours=20), START + timedelta(days=4, hours=2)),
    (START + timedelta(days=4, hours=2), START + timedelta(days=4, hours=3)),
]
DAMAGE = """
    update shadower.agent_profiles set users = messages, messages = users, peak = peak + 1,
        outage_us = outage_us + 1, failing_since = start
    where workspace_id = %s and first_decided_at is not null returning 1
"""
DAMAGED = {"users", "messages", "peak", "outage_us", "failing_since"}


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[Database]:
    async with rolling_database(stack.database_url) as database:
        yield database


@pytest.fixture
async def rows(client: Client) -> list[Row]:
    rows = runs_of_weeks(seed=3, count=800)
    await client.record(rows)
    return rows


async def check(client: Client, rows: list[Row]) -> None:
    for start, end in INTERVALS:
        await check_profiles(client, rows, start, end)


async def test_from_facts_and_from_cells(
    client: Client, rows: list[Row], database: Database, stack: Stack
) -> None:
    await check(client, rows)
    await roll(database, client.workspace)
    counted = by_sql(
        stack.database_url,
        "select level, count(*) from shadower.agent_profiles where workspace_id = %s group by 1",
        client.workspace,
    )
    assert {level for level, count in counted if count > 5} == {"hour", "day", "week"}
    # Not a run is left, so nothing but cells can tell.
    start, end = MONDAY - timedelta(days=7), MONDAY + timedelta(days=1)
    _forget(stack, client, start - timedelta(days=1), end)
    await check_profiles(client, rows, start, end)


def _forget(stack: Stack, client: Client, start: datetime, end: datetime) -> None:
    by_sql(
        stack.database_url,
        "delete from shadower.executions where workspace_id = %s and started_at >= %s"
        " and started_at < %s returning 1",
        client.workspace,
        start,
        end,
    )


async def test_cells_and_late_facts(client: Client, rows: list[Row], database: Database) -> None:
    """Late ones, changed ones, and ends of runs that last into hours which are rolled up."""
    await roll(database, client.workspace)
    late = [row | {"execution_id": f"late-{n}"} for n, row in enumerate(runs_of_weeks(4, 40))]
    running = [row for row in rows if row["status"] == "running"][:20]
    ended = [
        row
        | {"status": "failed", "error_message": "gone", "user_id": "ü-0"}
        | {"end_time": row["start_time"] + timedelta(hours=3 * number)}
        for number, row in enumerate(running)
    ]
    for changed in (late, ended):
        await client.record(changed)
        by_id = {row["execution_id"]: row for row in [*rows, *changed]}
        rows = list(by_id.values())
        await check(client, rows)
        await roll(database, client.workspace)
        await check(client, rows)
    assert not any(part.differences for part in await verify(database, client.workspace))


async def test_a_run_that_lasts_takes_all_its_hours_out(
    client: Client, database: Database, stack: Stack
) -> None:
    await client.record([run(f"r-{n}", MONDAY + n * HOUR) for n in range(30)])
    await roll(database, client.workspace)
    start = MONDAY + timedelta(hours=2, minutes=50)
    await client.record([run("lasts", start, end_time=start + timedelta(hours=2))])
    ((profiles, others),) = by_sql(
        stack.database_url,
        """
        select max(spans::text) filter (where cuboid = 'profile'),
            max(spans::text) filter (where cuboid = 'agent')
        from shadower.rollups where workspace_id = %s and level = 'hour'
        """,
        client.workspace,
    )
    hours = [f"2026-03-16 {hour:02}:00:00+00" for hour in range(6)]
    assert [n for n in range(1, 6) if f'"{hours[n]}"' in profiles] == [2, 5]
    assert [n for n in range(1, 6) if f'"{hours[n]}"' in others] == [2, 3]


async def test_damage_is_found_and_repaired(
    client: Client, database: Database, stack: Stack
) -> None:
    await client.record(runs_of_weeks(seed=5, count=100))
    await roll(database, client.workspace)
    by_sql(stack.database_url, DAMAGE, client.workspace)
    found = await verify(database, client.workspace, repair=True)
    damaged = {(part.sort, name) for part in found for d in part.differences for name in d.columns}
    assert damaged == {(sort, column) for sort in PROFILES for column in DAMAGED}
    assert all(part.is_repaired for part in found if part.differences)
    assert not any(part.differences for part in await verify(database, client.workspace))


async def test_of_too_many_users_the_facts_tell(
    client: Client, rows: list[Row], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_cells, "MOST", 5)
    await roll(database, client.workspace)
    await check(client, rows)
    assert not any(part.differences for part in await verify(database, client.workspace))
