"""Histories made in the database are as if they had come in."""

from datetime import UTC, datetime

import pytest

from services.warehouse.facts.ledger import fetch_ledger
from services.warehouse.queries.interval import Interval
from tests.support.bus import database_of
from tests.support.oracle import by_sql
from tools import history
from tools.history import History, make_history

START, END = datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)
FACTS = {"executions": 1_000, "metric_points": 100, "events": 60, "spans": 40}
MISKEPT = """
select * from (select workspace_id, execution_id, started_at from executions) as run
natural full join execution_keys as key
where run.workspace_id is null or key.workspace_id is null
"""
FACTS_OF = """
select fact - 'workspace_id' as content from (
    select workspace_id, to_jsonb(e) as fact from executions e
    union all select workspace_id, to_jsonb(p) from metric_points p
    union all select workspace_id, to_jsonb(v) from events v
    union all select workspace_id, to_jsonb(s) from spans s
) as facts
where workspace_id = %s
order by content
"""


def of(*workspaces: str) -> History:
    return History(workspaces, START, END, FACTS)


async def test_the_books_balance(database_url: str) -> None:
    await make_history(database_url, of("one", "two"))
    async with database_of(database_url) as database, database.reading("two") as session:
        entries = await fetch_ledger(session, Interval(START, END), recount=True)
    assert all(entry.is_balanced for entry in entries)
    assert sum(entry.account.stored for entry in entries) == sum(FACTS.values()) / 2


async def test_each_run_has_its_key(database_url: str) -> None:
    await make_history(database_url, of("one", "two"))
    assert by_sql(database_url, MISKEPT) == []
    assert by_sql(database_url, "select count(*) from execution_keys") == [(FACTS["executions"],)]


async def test_the_same_facts_come_out_in_any_parts(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_history(database_url, of("one"))
    monkeypatch.setattr(history, "PORTION", 333)
    await make_history(database_url, of("two"))
    one, two = ([row for (row,) in by_sql(database_url, FACTS_OF, name)] for name in ("one", "two"))
    assert one == two
    assert len(one) == sum(FACTS.values())
