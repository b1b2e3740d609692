"""What an evaluator may know: only facts that are complete, and only rules that are its own."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import psycopg
import pytest

from services.alerts import judging
from services.alerts.evaluating import Evaluator
from services.alerts.judging import Evaluated
from services.runtime.pool import EVALUATOR_ROLE, open_pool
from tests.support.alerts import (
    INTERVAL,
    MINUTE,
    Watch,
    evaluator_of,
    failures,
    five_minutes,
)
from tests.support.bus import settings_of
from tests.support.keys import KeyRing
from tests.support.stack import Stack

LONG = timedelta(seconds=20)


@dataclass(frozen=True)
class Reader:
    """An evaluator whose facts come by a log that is written up to a time."""

    evaluator: Evaluator
    watch: Watch
    topic: str

    def written_until(self, time: datetime) -> None:
        with psycopg.connect(self.watch.stack.database_url, autocommit=True) as connection:
            connection.execute(
                "insert into shadower.log_positions (topic, partition, next_offset, complete_until)"
                " values (%s, 0, 0, %s)"
                " on conflict (topic, partition)"
                " do update set complete_until = excluded.complete_until",
                (self.topic, time),
            )

    async def evaluate(self) -> Evaluated:
        self.watch.make_due()
        return await self.evaluator.evaluate(self.watch.client.workspace, 1000, LONG)


@pytest.fixture
async def reader(stack: Stack, keys: KeyRing) -> AsyncIterator[Reader]:
    topic = f"log-{uuid.uuid4().hex}"
    async with evaluator_of(stack.database_url, topic) as evaluator:
        yield Reader(evaluator, Watch.of_new_workspace(stack, keys), topic)


@pytest.fixture
def start() -> datetime:
    return five_minutes(datetime.now(UTC)) - timedelta(hours=2)


async def test_what_is_not_complete_is_not_judged(reader: Reader, start: datetime) -> None:
    """While the log waits to be written, absence of its facts is none."""
    await reader.watch.make(start, metric="executions", absence={})
    done = await reader.evaluate()
    assert (done.judged, done.incomplete) == (0, 1)
    reader.written_until(start + INTERVAL - MINUTE)
    done = await reader.evaluate()
    assert (done.judged, done.incomplete) == (0, 1)
    # They come, and all of the hour is there.
    times = [start + number * MINUTE for number in range(60)]
    await reader.watch.client.record(failures(times, status="succeeded"))
    reader.written_until(start + 12 * INTERVAL)
    done = await reader.evaluate()
    assert (done.judged, done.judgements, done.triggered) == (1, 12, 0)
    # And nothing comes after.
    reader.written_until(start + 13 * INTERVAL)
    assert (await reader.evaluate()).triggered == 1


async def test_what_was_waited_for_is_told(reader: Reader, start: datetime) -> None:
    await reader.watch.make(start)
    reader.written_until(start + 2 * INTERVAL)
    assert (await reader.evaluate()).triggered == 0
    await reader.watch.client.record(failures([start + 11 * MINUTE + n * MINUTE for n in range(3)]))
    assert (await reader.evaluate()).incomplete == 1
    reader.written_until(start + 3 * INTERVAL)
    done = await reader.evaluate()
    assert (done.judged, done.triggered) == (1, 1)


async def test_facts_that_come_late_into_judged_windows_are_told_once(
    reader: Reader, start: datetime
) -> None:
    await reader.watch.make(start)
    reader.written_until(start + 6 * INTERVAL)
    assert (await reader.evaluate()).triggered == 0
    await reader.watch.client.record(failures([start + 11 * MINUTE + n * MINUTE for n in range(3)]))
    reader.written_until(start + 7 * INTERVAL)
    assert (await reader.evaluate()).triggered == 1
    await reader.watch.client.record(failures([start + 12 * MINUTE], "another"))
    reader.written_until(start + 8 * INTERVAL)
    assert (await reader.evaluate()).triggered == 0
    [alert] = await reader.watch.alerts("resolved")
    assert alert.trigger_time.ToDatetime(UTC) == start + 3 * INTERVAL


async def test_late_facts_that_are_too_much_at_once_are_judged_in_parts(
    reader: Reader, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "PARTS", (3,))
    await reader.watch.make(start)
    reader.written_until(start + 12 * INTERVAL)
    assert (await reader.evaluate()).judgements == 12
    await reader.watch.client.record(failures([start + 52 * MINUTE + n * MINUTE for n in range(3)]))
    await reader.watch.client.record(failures([start + 2 * MINUTE], "early"))
    reader.written_until(start + 14 * INTERVAL)
    # The hour again, and what has come since.
    done = await reader.evaluate()
    assert (done.judgements, done.triggered, done.resolved) == (14, 1, 1)
    [alert] = await reader.watch.alerts("resolved")
    assert alert.trigger_time.ToDatetime(UTC) == start + 11 * INTERVAL


async def test_facts_that_keep_coming_late_keep_no_new_moment_waiting(
    reader: Reader, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour is judged anew in four parts, and each time more has come by then."""
    monkeypatch.setattr(judging, "PARTS", (3,))
    watch = reader.watch
    await watch.make(start)
    reader.written_until(start + 12 * INTERVAL)
    assert (await reader.evaluate()).judgements == 12
    reader.written_until(start + 14 * INTERVAL)
    for number in range(5):
        await watch.client.record(failures([start + 12 * MINUTE], f"agent-{number}"))
        watch.make_due()
        await reader.evaluator.evaluate(watch.client.workspace, 1, LONG)
    assert _judged_until(watch) == start + 14 * INTERVAL
    # What came after its time was judged is found by the next round.
    assert await watch.alerts("triggered", "resolved") == []
    reader.written_until(start + 15 * INTERVAL)
    assert (await reader.evaluate()).triggered == 1


def _judged_until(watch: Watch) -> datetime:
    with psycopg.connect(watch.stack.database_url) as connection:
        row = connection.execute(
            "select judged_until from shadower.alert_rules where workspace_id = %s",
            (watch.client.workspace,),
        ).fetchone()
    assert row
    return row[0]


async def test_whoever_dies_amid_a_judgement_leaves_nothing_half_done(
    stack: Stack, keys: KeyRing, start: datetime
) -> None:
    """Cut off wherever it is, again and again; then one goes on. All is told, once."""
    watch = Watch.of_new_workspace(stack, keys)
    await watch.client.record(failures([start + MINUTE * n for n in range(1, 125)]))
    for number in range(6):
        await watch.make(start, f"rule-{number}")
    async with evaluator_of(stack.database_url) as evaluator:
        for number in range(12):
            asked = evaluator.evaluate(watch.client.workspace, 1000, LONG)
            cut = asyncio.create_task(asked)
            await asyncio.sleep(0.004 * number)
            cut.cancel()
            await asyncio.gather(cut, return_exceptions=True)
            _end_claims(watch)
        await evaluator.evaluate(watch.client.workspace, 1000, LONG)
    alerts = await watch.alerts("triggered", page_size=100)
    assert sorted(one.rule_id for one in alerts) == [f"rule-{number}" for number in range(6)]
    assert [kind for kind, _ in watch.events()] == ["alert.triggered"] * 6
    for one in alerts:
        assert await watch.history(one) == ["pending", "triggered", "notified"]


def _end_claims(watch: Watch) -> None:
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.alert_rules set claimed_until = '-infinity' where workspace_id = %s",
            (watch.client.workspace,),
        )


async def test_who_looks_for_due_rules_sees_nothing_else(stack: Stack) -> None:
    async with open_pool(settings_of(stack.database_url), EVALUATOR_ROLE) as pool:
        assert await pool.fetchval("select count(rule_id) from alert_rules") >= 0
        for table in ("alerts", "alert_silences", "executions", "outbox"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.fetchval(f"select count(*) from {table}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.fetchval("select definition from alert_rules limit 1")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("update alert_rules set judged_until = now()")
