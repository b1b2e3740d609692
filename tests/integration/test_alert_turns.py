"""Rules of many workspaces: each has its turn, and what is wrong with one is its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from services.alerts.evaluating import Evaluator
from services.runtime.faults import Unavailable
from services.runtime.pool import EVALUATOR_ROLE, open_pool
from services.warehouse.alerts.rules import TURNS, DueRules
from services.warehouse.database import Database, Session
from tests.support.alerts import Watch, at, evaluator_of, failures
from tests.support.bus import settings_of

PORTION = 30
LONG = timedelta(seconds=20)


def file_due_rules(url: str, workspace: str, count: int, due_at: datetime) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into shadower.alert_rules (workspace_id, rule_id, definition, updated_by,"
            " is_enabled, judged_from, judged_until, due_at)"
            " select %s, 'rule-' || n, '{}', 'tester', true, %s, %s, %s"
            " from generate_series(1, %s) as n",
            (workspace, due_at, due_at, due_at, count),
        )


@pytest.fixture
async def due(database_url: str) -> AsyncIterator[DueRules]:
    async with open_pool(settings_of(database_url), EVALUATOR_ROLE) as pool:
        yield DueRules(pool)


async def test_a_workspace_with_many_rules_starves_no_other(
    database_url: str, due: DueRules
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1)
    file_due_rules(database_url, "busy", 1000, long_ago)
    others = {f"other-{number:02}" for number in range(25)}
    for one in others:
        file_due_rules(database_url, one, 2, long_ago + timedelta(hours=1))
    claimed: list[tuple[str, str]] = []
    for _ in range(len(others) // TURNS + 1):
        claimed += await due.claim(None, PORTION)
    assert {place for place, _ in claimed} == others | {"busy"}
    # And all are claimed, each once.
    while more := await due.claim(None, PORTION):
        claimed += more
    assert len(set(claimed)) == len(claimed) == 1050
    assert await due.count(None) == 0


async def test_a_rule_that_nobody_can_read_keeps_no_other(watch: Watch, start: datetime) -> None:
    await watch.client.record(failures(at(start, 1, 2, 3)))
    for number in range(3):
        await watch.make(start, f"rule-{number}")
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.alert_rules set definition = '{\"severity\": [1]}'"
            " where workspace_id = %s and rule_id = 'rule-1'",
            (watch.client.workspace,),
        )
    done = await watch.evaluate()
    assert (done.judged, done.failed, done.triggered, done.remaining) == (2, 1, 2, 0)
    with psycopg.connect(watch.stack.database_url) as connection:
        reasons = connection.execute(
            "select rule_id, failure_reason from shadower.alert_rules"
            " where workspace_id = %s order by rule_id",
            (watch.client.workspace,),
        ).fetchall()
    assert reasons == [("rule-0", ""), ("rule-1", "INTERNAL"), ("rule-2", "")]


class Away(Database):
    """A database that goes away while facts are read."""

    @asynccontextmanager
    async def reading(self, workspace_id: str) -> AsyncIterator[Session]:
        raise Unavailable("DATABASE_UNAVAILABLE", "away")
        yield


async def test_that_the_database_is_away_is_no_fault_of_a_rule(
    watch: Watch, start: datetime
) -> None:
    await watch.client.record(failures(at(start, 1, 2, 3)))
    await watch.make(start)
    settings = settings_of(watch.stack.database_url)
    async with open_pool(settings) as pool, open_pool(settings, EVALUATOR_ROLE) as seen:
        with pytest.raises(Unavailable):
            await Evaluator(Away(pool), DueRules(seen)).evaluate(watch.client.workspace, 9, LONG)
    [kept] = (await watch.call("ListRules")).rules
    assert kept.failure_reason == ""
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.alert_rules set claimed_until = '-infinity' where workspace_id = %s",
            (watch.client.workspace,),
        )
    async with evaluator_of(watch.stack.database_url) as evaluator:
        assert (await evaluator.evaluate(watch.client.workspace, 9, LONG)).triggered == 1
