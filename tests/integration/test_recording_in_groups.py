"""Batches of several workspaces in one transaction, and months that several writers need."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.failpoints import Failpoints
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.facts.model import (
    Event,
    Execution,
    FactKind,
    MetricPoint,
    Outcome,
    Status,
)
from services.warehouse.facts.recorder import Batch, Recorder
from services.warehouse.facts.staging import create_staging

START = datetime(2024, 3, 15, tzinfo=UTC)
WORKSPACES, IDS = st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y", "z"])
ITEM = st.tuples(WORKSPACES, st.sampled_from(list(FactKind)[:3]), IDS, st.integers(0, 1))
TABLES = {
    FactKind.EXECUTION: ("executions", "execution_id"),
    FactKind.METRIC_POINT: ("metric_points", "point_id"),
    FactKind.EVENT: ("events", "event_id"),
}


@pytest.fixture
async def pool(database_url: str, jwks_file: Path) -> AsyncIterator[Any]:
    given = Settings(DATABASE_URL=database_url, jwks_file=jwks_file, pool_size=1)
    async with open_pool(given, prepare=create_staging) as opened:
        yield opened


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(items=st.lists(ITEM, min_size=1, max_size=12))
async def test_each_workspace_gets_its_own_and_nothing_else(
    items: list[tuple[str, FactKind, str, int]], pool: Any, database_url: str
) -> None:
    """One batch an item, all of them written together, an id coming back in a later month too."""
    run = uuid.uuid4().hex[:8]
    batches = [
        Batch(f"{run}-{workspace}", {kind: [fact(kind, name, version)]})
        for workspace, kind, name, version in items
    ]
    recorded = await Recorder(Database(pool), Failpoints()).record(batches)
    fates = [one.outcome for outcome in recorded for results in outcome.values() for one in results]
    wanted = {(f"{run}-{workspace}", kind, name) for workspace, kind, name, _ in items}
    assert kept(database_url, run) == wanted
    assert fates.count(Outcome.STORED) == len(wanted)


@pytest.mark.parametrize("table", ["executions", "events"])
async def test_many_writers_may_need_the_same_new_month(database_url: str, table: str) -> None:
    connections = [await asyncpg.connect(database_url) for _ in range(8)]
    for month in range(24):
        first = START.replace(day=1) + timedelta(days=31 * month)
        await asyncio.gather(
            *(c.execute("select shadower.ensure_month($1, $2)", table, first) for c in connections)
        )
    await asyncio.gather(*(connection.close() for connection in connections))


def fact(kind: FactKind, name: str, version: int) -> Any:
    if kind is FactKind.EXECUTION:
        moved = timedelta(days=40) * version
        status = Status.SUCCEEDED if version else Status.RUNNING
        return Execution(execution_id=name, agent_id="g", started_at=START + moved, status=status)
    if kind is FactKind.METRIC_POINT:
        return MetricPoint(occurred_at=START, id=name, metric_type="m", value=1)
    return Event(occurred_at=START, id=name, type="user.login")


def kept(url: str, run: str) -> set[tuple[str, FactKind, str]]:
    """Fails on an id that its workspace has twice."""
    found = []
    with psycopg.connect(url) as connection:
        for kind, (table, column) in TABLES.items():
            query = (
                f"select workspace_id, {column} from shadower.{table} where workspace_id like %s"
            )
            rows = connection.execute(query, [f"{run}-%"]).fetchall()
            found += [(workspace, kind, name) for workspace, name in rows]
    assert len(found) == len(set(found))
    return set(found)
