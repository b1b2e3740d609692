"""A question whose answer would be read from more single facts than allowed is refused first."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from services.runtime.faults import InvalidArgument
from services.runtime.pool import open_pool
from services.warehouse.database import Database
from services.warehouse.facts.staging import create_staging
from services.warehouse.queries.aggregation import (
    AggregateQuery,
    Aggregation,
    Function,
    fetch_aggregates,
)
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Filter, Selection
from tests.support.bus import settings_of
from tests.support.rolling import roll
from tools.history import History, make_history

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = Interval(START, START + timedelta(days=1))
WORKSPACE = "dear"
COSTS = (Aggregation(Function.SUM, "cost"),)
# Less than what reading the runs of a day costs.
LIMIT = 100


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    history = History((WORKSPACE,), DAY.start, DAY.end, {"executions": 5_000})
    await make_history(database_url, history)
    async with open_pool(settings_of(database_url), prepare=create_staging) as pool:
        yield Database(pool, cost_limit=LIMIT)


async def ask(database: Database, query: AggregateQuery) -> int:
    async with database.reading(WORKSPACE) as session:
        return len(await fetch_aggregates(session, query))


async def test_what_to_narrow_is_said(database: Database) -> None:
    by_version = AggregateQuery(
        (Aggregation(Function.PERCENTILE, "cost", percentile=50),),
        Selection(DAY, Filter(user_ids=("user-1",))),
        dimensions=("agent_version",),
    )
    with pytest.raises(InvalidArgument) as refused:
        await ask(database, by_version)
    fault = refused.value
    assert fault.reason == "QUERY_TOO_EXPENSIVE"
    fields = "interval,filter.user_ids,group_by,aggregations"
    assert fault.metadata["fields"] == fields
    assert ",".join(one.field for one in fault.violations) == fields
    assert float(fault.metadata["cost"]) > float(fault.metadata["limit"]) == LIMIT


async def test_what_is_rolled_up_costs_little(database: Database) -> None:
    """The same question is too dear before, and answered after."""
    question = AggregateQuery(COSTS, Selection(DAY))
    with pytest.raises(InvalidArgument):
        await ask(database, question)
    await roll(database, WORKSPACE, DAY)
    assert await ask(database, question) == 1


async def test_a_short_question_is_not_estimated(database: Database) -> None:
    minutes = Interval(START, START + timedelta(minutes=90))
    assert await ask(database, AggregateQuery(COSTS, Selection(minutes))) == 1
