"""Rules of many workspaces: each has its turn, and what is wrong with one is its own."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from services.alerts import looking
from services.alerts.evaluating import Evaluator
from services.alerts.observations import Observations
from services.alerts.observing import observe
from services.alerts.rule import Rule
from services.runtime.faults import Unavailable
from services.runtime.pool import EVALUATOR_ROLE, open_pool
from services.warehouse.alerts.rules import (
    TURNS,
    DueRules,
    Judged,
    find_rules,
    note_judged_quietly,
)
from services.warehouse.database import Database, Session
from tests.support.alerts import (
    HOUR,
    MINUTE,
    RULE_ID,
    Watch,
    at,
    evaluator_of,
    failures,
    file_alert,
)
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


async def test_a_question_that_breaks_its_transaction_keeps_no_other(
    watch: Watch, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules are read together: nothing more can be read in that transaction."""
    await watch.client.record(failures(at(start, 1, 2, 3)))
    for number in range(4):
        await watch.make(start, f"rule-{number}", filter={"agent_ids": ["agent-a", f"{number}"]})

    async def breaks(session: Session, rule: Rule, moments: Sequence[datetime]) -> Observations:
        if rule.rule_id == "rule-1":
            await session.connection.execute("select 1 / 0")
        return await observe(session, rule, moments)

    monkeypatch.setattr(looking, "observe", breaks)
    async with evaluator_of(watch.stack.database_url) as evaluator:
        done = await evaluator.evaluate(watch.client.workspace, 9, LONG)
    assert (done.judged, done.failed, done.triggered) == (3, 1, 3)
    found = {one.rule_id for one in await watch.alerts("resolved")}
    assert found == {"rule-0", "rule-2", "rule-3"}


async def test_rules_that_ask_the_same_are_asked_once(
    watch: Watch, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finds what it looks for."""
    await watch.client.record(failures(at(start, 1, 2, 3)))
    for number in range(5):
        await watch.make(start, f"rule-{number}", threshold={"comparator": 1, "threshold": number})
    await watch.make(start, "another", filter={"agent_ids": ["agent-b"]})
    asked = list[str]()

    async def counted(session: Session, rule: Rule, moments: Sequence[datetime]) -> Observations:
        asked.append(rule.rule_id)
        return await observe(session, rule, moments)

    monkeypatch.setattr(looking, "observe", counted)
    async with evaluator_of(watch.stack.database_url) as evaluator:
        done = await evaluator.evaluate(watch.client.workspace, 9, LONG)
    assert (done.judged, done.triggered) == (6, 3)
    assert len(asked) == 2
    found = {one.rule_id for one in await watch.alerts("resolved")}
    assert found == {"rule-0", "rule-1", "rule-2"}


async def test_of_rules_that_are_noted_together_each_is_as_it_was_when_it_was_read(
    watch: Watch, start: datetime, shared_database: Database
) -> None:
    """One is judged by somebody else meanwhile, of one an alert is open, one is held."""
    workspace, url = watch.client.workspace, watch.stack.database_url
    rules = ["changed", "held", RULE_ID, "same"]
    for one in rules:
        await watch.make(start, one)
    async with shared_database.reading(workspace) as session:
        kept = await find_rules(session, rules)
    watch.set_back(start + MINUTE, "changed")
    alert_id = str(uuid.uuid4())
    file_alert(url, workspace, alert_id)
    until = Judged(start + HOUR, 1, None, start + 2 * HOUR)
    with psycopg.connect(url) as connection:
        connection.execute(
            "update shadower.alerts set rule_id = %s where alert_id = %s", (RULE_ID, alert_id)
        )
        connection.commit()
        connection.execute(
            "select from shadower.alert_rules"
            " where workspace_id = %s and rule_id = 'held' for update",
            (workspace,),
        )
        async with shared_database.writing(workspace) as session:
            noted = await note_judged_quietly(session, [(one, until) for one in kept])
    assert noted == {"same"}
    async with shared_database.reading(workspace) as session:
        judged = {one.rule_id: one.judged_until for one in await find_rules(session, rules)}
    assert judged["same"] == start + HOUR
    assert judged["changed"] == start + MINUTE
    assert judged["held"] == judged[RULE_ID] == start


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
