"""A job that has failed is an alert: told once, and over when the job succeeds."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.jobs import JOBS
from services.alerts.evaluating import Evaluator
from services.alerts.judging import Evaluated
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.warehouse.alerts.alerts import Alert, AlertQuery, history_of, list_alerts
from services.warehouse.alerts.silences import Silence, create_silence
from services.warehouse.schedule.jobs import pause_job
from tests.support.alerts import evaluator_of
from tests.support.schedule import House, house_of

DAILY, WEEKLY = JOBS["roll_up_days"], JOBS["roll_up_weeks"]
EVERY_STATE = ("pending", "triggered", "acknowledged", "resolved")
FAILED = [{"w-1": "UNAVAILABLE away"}] * 3


@dataclass
class Days:
    """Of a scheduler, and of alerts that look at its ledger."""

    house: House
    evaluator: Evaluator

    async def pass_one(self, *failures: dict[str, str]) -> None:
        """The daily job's time comes."""
        self.house.time.now += timedelta(days=1)
        self.house.work.failures = list(failures)
        leader = await self.house.leader("a")
        await leader.run_due(DAILY)

    async def judge(self) -> Evaluated:
        return await self.evaluator.evaluate(None, 100, timedelta(seconds=20))

    async def alerts(self) -> list[Alert]:
        async with self.house.database.reading(SYSTEM_WORKSPACE) as session:
            return await list_alerts(session, AlertQuery(EVERY_STATE, "shadower.jobs", 100))

    async def told(self) -> list[tuple[str, str]]:
        events = [one for one in await self.house.events() if one["type"].startswith("alert.")]
        return [(one["type"], one["data"]["state"]) for one in events]


@pytest.fixture
async def days(database_url: str) -> AsyncIterator[Days]:
    async with house_of(database_url) as house, evaluator_of(database_url) as evaluator:
        yield Days(house, evaluator)


async def test_it_is_told_once_and_over_when_the_job_succeeds(days: Days) -> None:
    await days.pass_one(*FAILED)
    done = await asyncio.gather(*(days.judge() for _ in range(4)))
    assert sum(one.triggered for one in done) == 1
    await days.pass_one(*FAILED)
    assert (await days.judge()).triggered == 0
    [alert] = await days.alerts()
    assert (alert.state, dict(alert.group_labels)) == ("triggered", {"job": DAILY.name})
    [event] = [one for one in await days.house.events() if one["type"] == "alert.triggered"]
    assert "w-1: UNAVAILABLE away" in event["data"]["error"]
    await days.pass_one()
    assert (await days.judge()).resolved == 1
    assert await days.told() == [
        ("alert.triggered", "ALERT_STATE_TRIGGERED"),
        ("alert.resolved", "ALERT_STATE_RESOLVED"),
    ]
    assert (await days.judge()) == Evaluated()


async def test_what_happened_while_nobody_judged_is_made_up_for(days: Days) -> None:
    """Two failures with a success between them are two alerts."""
    for failures in (FAILED, [], FAILED):
        await days.pass_one(*failures)
    done = await days.judge()
    assert (done.triggered, done.resolved) == (2, 1)
    assert sorted(one.state for one in await days.alerts()) == ["resolved", "triggered"]


async def test_its_history_says_why(days: Days) -> None:
    await days.pass_one(*FAILED)
    await days.judge()
    [alert] = await days.alerts()
    async with days.house.database.reading(SYSTEM_WORKSPACE) as session:
        history = await history_of(session, alert.alert_id)
    assert [one.change for one in history] == ["pending", "triggered", "notified"]
    assert "w-1: UNAVAILABLE away" in history[1].note


async def test_a_silence_keeps_it_quiet(days: Days) -> None:
    now = datetime.now(UTC)
    quiet = Silence("q", ["shadower.jobs"], {}, now, now + timedelta(hours=1), "", "tester")
    async with days.house.database.writing(SYSTEM_WORKSPACE) as session:
        await create_silence(session, quiet)
    await days.pass_one(*FAILED)
    assert (await days.judge()).triggered == 1
    assert await days.told() == []


async def test_a_job_that_is_not_done_any_more_is_forgotten(days: Days) -> None:
    await days.pass_one(*FAILED)
    await days.judge()
    async with days.house.database.writing(SYSTEM_WORKSPACE) as session:
        await pause_job(session, DAILY.name)
        await session.connection.execute("update alerts set judged_at = now() - interval '9 days'")
    assert (await days.judge()).resolved == 1
    [alert] = await days.alerts()
    async with days.house.database.reading(SYSTEM_WORKSPACE) as session:
        history = await history_of(session, alert.alert_id)
    assert history[-1].note == "nothing is known of it any more"
