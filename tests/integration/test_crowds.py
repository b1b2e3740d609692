"""A workspace in which very many agents ran: all that is asked of it fetches pages, not agents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.runtime.faults import InvalidArgument
from services.warehouse.database import Database, Session
from services.warehouse.queries import agents, standing, workspace
from services.warehouse.queries.agents import ORDERS, AgentsQuery, RankedAgent, fetch_agents
from services.warehouse.queries.aggregation import (
    AggregateQuery,
    Aggregation,
    Function,
    fetch_top,
)
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import between
from tests.support.postgres import Server
from tests.support.rolling import rolling_database
from tools.history import History, make_history

START = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
SHOWN = Interval(START + WEEK, START + 2 * WEEK)
WORKSPACE = "crowded"
CROWD = 3_000
PAGE = 1_000
AGENT = "agent-3"
# What statements answer beside agents: buckets, sorts of cells.
FEW = 50
BY_RUNS = """
select agent_id from shadower.executions
where workspace_id = %s and started_at >= %s and started_at < %s
group by agent_id order by count(*) desc, agent_id
"""


@dataclass
class Counting:
    """A connection that says how many rows the longest answer had."""

    connection: Any
    most: int = 0

    async def fetch(self, *asked: Any) -> list[Any]:
        rows: list[Any] = await self.connection.fetch(*asked)
        self.most = max(self.most, len(rows))
        return rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@pytest.fixture(scope="module")
async def url(postgres: Server, template: str) -> AsyncIterator[str]:
    url = postgres.create(template)
    facts = {"executions": 4 * CROWD}
    await make_history(url, History((WORKSPACE,), START, SHOWN.end, facts, crowd=CROWD))
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
async def database(url: str) -> AsyncIterator[Database]:
    async with rolling_database(url) as opened:
        yield opened


@pytest.fixture(scope="module")
def by_runs(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(BY_RUNS, [WORKSPACE, SHOWN.start, SHOWN.end]).fetchall()
    assert len(rows) > CROWD
    return [agent_id for (agent_id,) in rows]


def query(order: str, after: RankedAgent | None = None) -> AgentsQuery:
    seen = (after.order_value, after.agent_id) if after else None
    return AgentsQuery(Selection(SHOWN), order, ascending=False, limit=PAGE, after=seen)


async def pages(session: Session, order: str) -> AsyncIterator[list[RankedAgent]]:
    page = await fetch_agents(session, query(order))
    while page:
        yield page
        page = await fetch_agents(session, query(order, page[-1]))


@asynccontextmanager
async def counted(database: Database) -> AsyncIterator[tuple[Session, Counting]]:
    async with database.reading(WORKSPACE) as session:
        counter = Counting(session.connection)
        yield replace(session, connection=counter), counter


async def test_pages_go_through_all_of_them(database: Database, by_runs: list[str]) -> None:
    async with counted(database) as (session, counter):
        found = [one async for page in pages(session, "executions") for one in page]
    assert [one.agent_id for one in found] == by_runs
    assert [one.position for one in found] == list(range(1, len(by_runs) + 1))
    assert counter.most == PAGE


@pytest.mark.parametrize("order", sorted(set(ORDERS) - {"p95_duration", "distinct_users"}))
async def test_a_page_is_all_that_leaves_the_database(database: Database, order: str) -> None:
    async with counted(database) as (session, counter):
        assert len(await fetch_agents(session, query(order))) == counter.most == PAGE


async def test_those_with_most_are_all_that_leaves_it(
    database: Database, by_runs: list[str]
) -> None:
    counted_runs = Aggregation(Function.COUNT, "execution")
    asked = AggregateQuery((counted_runs,), Selection(SHOWN), dimensions=("agent_id",))
    async with counted(database) as (session, counter):
        top = await fetch_top(session, asked, FEW)
    assert [row.labels["agent_id"] for row in top.rows] == by_runs[:FEW]
    assert top.groups == len(by_runs)
    assert counter.most == FEW


@pytest.mark.parametrize("order", ["p95_duration", "distinct_users"])
async def test_too_many_to_order_by_what_the_database_does_not_know(
    database: Database, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr(agents, "MOST_RANKED", PAGE)
    async with database.reading(WORKSPACE) as session:
        with pytest.raises(InvalidArgument) as refused:
            await fetch_agents(session, query(order))
    assert refused.value.reason == "RESULT_TOO_LARGE"
    assert refused.value.metadata == {"limit": f"{PAGE}", "fields": "order_by,filter,interval"}


async def test_all_are_counted_and_few_are_told(database: Database, by_runs: list[str]) -> None:
    async with counted(database) as (session, counter):
        active = await workspace.fetch_active_agents(session, SHOWN)
        among = await standing.fetch_among(session, Selection(SHOWN), AGENT)
    assert active.current == len(by_runs)
    assert [one.agent_id for one in active.top] == by_runs[: workspace.TOP]
    assert among.standing is not None
    assert among.standing.agents == len(by_runs)
    assert among.standing.executions_rank == by_runs.index(AGENT) + 1
    assert counter.most <= FEW


async def test_there_are_no_more_cells_than_memory_has_room_for(
    database: Database, by_runs: list[str]
) -> None:
    """Of the workspace there are some; of agents, the facts tell the same as before."""
    roller = Roller(database, most=PAGE)
    for cuboid in (Cuboid.WORKSPACE, Cuboid.AGENT):
        spans = between(SHOWN.start, SHOWN.end)
        assert [one async for one in roller.roll_all(WORKSPACE, Sort(Level.WEEK, cuboid), spans)]
    async with database.reading(WORKSPACE) as session:
        active = await workspace.fetch_active_agents(session, SHOWN)
    assert set(session.rolled) == {Sort(Level.WEEK, Cuboid.WORKSPACE)}
    assert active.current == len(by_runs)
