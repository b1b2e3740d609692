"""Jobs on a clock that tests set: each time is done once, whoever leads, dies or sleeps."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.calling import JobError
from scheduler.jobs import JOBS, Job
from scheduler.running import Runner
from scheduler.schedule import Schedule
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.faults import Unavailable
from services.warehouse.database import Database
from services.warehouse.schedule.jobs import pause_job, resume_job
from services.warehouse.schedule.leases import FencedError, Lease
from services.warehouse.schedule.runs import Run, Runs, list_runs, request_run
from tests.support.bus import database_of

HOURLY, DAILY, WEEKLY = JOBS["roll_up_hours"], JOBS["roll_up_days"], JOBS["roll_up_weeks"]
LIFE = timedelta(seconds=30)
NO_DELAY = (0.0, 0.0)


@dataclass
class Time:
    """A clock that is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Work:
    """Does jobs by noting them."""

    done: list[tuple[str, datetime]] = field(default_factory=list)
    asked: list[Sequence[str] | None] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    breaks: list[Exception] = field(default_factory=list)
    dies: bool = False

    async def do(self, job: Job, run: Run, only: Sequence[str] | None = None) -> None:
        self.asked.append(only)
        if self.dies:
            raise asyncio.CancelledError
        if self.breaks:
            raise self.breaks.pop(0)
        if self.failures:
            raise JobError(self.failures.pop(0))
        self.done.append((job.name, run.planned_at))


@dataclass
class House:
    """Replicas over one database."""

    database: Database
    time: Time
    work: Work = field(default_factory=Work)
    jobs: Mapping[str, Job] = field(default_factory=lambda: dict(JOBS))

    def lease(self, holder: str, life: timedelta = LIFE) -> Lease:
        return Lease(self.database, SYSTEM_WORKSPACE, "scheduler", holder, life)

    async def leader(self, holder: str, life: timedelta = LIFE) -> Runner:
        """Who leads from now on, whoever did before."""
        lease = self.lease(holder, life)
        async with self.database.writing(SYSTEM_WORKSPACE) as session:
            await session.connection.execute("update schedule_leases set expires_at = now()")
        fence = await lease.take()
        assert fence is not None
        schedule = Schedule(self.database, SYSTEM_WORKSPACE, self.jobs, self.time)
        return Runner(schedule, Runs(lease, fence), self.work, NO_DELAY)

    async def ledger(self) -> list[Run]:
        async with self.database.reading(SYSTEM_WORKSPACE) as session:
            return await list_runs(session, "", None, 1_000)

    async def events(self) -> list[Any]:
        async with self.database.reading(SYSTEM_WORKSPACE) as session:
            found: list[Any] = await session.connection.fetch(
                "select type, data from outbox where workspace_id = $1", SYSTEM_WORKSPACE
            )
        return found


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """In which all jobs are known, and no time of theirs has come."""
    async with database_of(database_url) as database:
        house = House(database, Time(datetime.now(UTC)))
        await (await house.leader("first")).schedule.settings()
        yield house


def days(start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return [first + timedelta(days=n) for n in range((end - first).days + 1)]


async def test_each_time_of_a_leap_year_is_done_once_whoever_leads(house: House) -> None:
    start, end = house.time.now, datetime(2028, 3, 2, tzinfo=UTC)
    expected = [(DAILY.name, day + timedelta(hours=1)) for day in days(start, end)]
    expected += [
        (WEEKLY.name, day + timedelta(hours=2)) for day in days(start, end) if day.weekday() == 0
    ]
    expected = [(name, time) for name, time in expected if start < time <= end]
    leaders = [await house.leader("a")]
    for number, day in enumerate(days(start, end)):
        if number % 40 == 39:
            leaders.append(await house.leader(f"leader-{number}"))
        house.time.now = min(max(start, day + timedelta(hours=3)), end)
        # The one before may not know yet that it leads no more.
        for leader in leaders[-2:] if number % 40 in {39, 0, 1} else leaders[-1:]:
            for job in (DAILY, WEEKLY):
                try:
                    await leader.run_due(job)
                except FencedError:
                    assert leader is not leaders[-1]
    assert sorted(house.work.done) == sorted(expected)
    assert any(time.date().isoformat() == "2028-02-29" for _, time in house.work.done)


async def test_times_that_passed_while_nobody_ran_are_done_as_one(house: House) -> None:
    leader = await house.leader("a")
    house.time.now += timedelta(days=12, hours=3)
    for _ in range(3):
        await leader.run_due(HOURLY)
    last = house.time.now.replace(minute=5, second=0, microsecond=0)
    if last > house.time.now:
        last -= timedelta(hours=1)
    assert house.work.done == [(HOURLY.name, last)]


async def test_who_leads_no_more_begins_and_ends_nothing(house: House) -> None:
    before = await house.leader("a")
    house.time.now += timedelta(days=1)
    house.work.dies = True
    with pytest.raises(asyncio.CancelledError):
        await before.run_due(DAILY)
    [open_run] = await house.ledger()
    now = await house.leader("b")
    house.work.dies = False
    [adopted] = await now.run_adopted()
    assert (adopted.job, adopted.planned_at, adopted.attempts) == (
        DAILY.name,
        open_run.planned_at,
        2,
    )
    for late in (before.run_due(HOURLY), before.run_adopted(), before._runs.succeed(open_run)):
        with pytest.raises(FencedError):
            await late
    assert house.work.done == [(DAILY.name, open_run.planned_at)]
    [run] = await house.ledger()
    assert (run.outcome, run.attempts) == ("succeeded", 2)
    assert await now.run_adopted() == []


async def test_a_lease_passes_on_only_when_it_has_expired(house: House) -> None:
    await house.leader("a", timedelta(seconds=1))
    first, second = house.lease("a", timedelta(seconds=1)), house.lease("b")
    fence = await first.take()
    assert fence is not None
    assert await second.take() is None
    assert await first.take() == fence
    await asyncio.sleep(1.1)
    assert await second.take() == fence + 1
    assert await first.take() is None
    await second.release()
    assert await first.take() == fence + 2


async def test_who_leads_again_adopts_what_it_had_begun_before(house: House) -> None:
    before = await house.leader("a")
    house.time.now += timedelta(days=1)
    house.work.dies = True
    with pytest.raises(asyncio.CancelledError):
        await before.run_due(DAILY)
    house.work.dies = False
    # Of the same name, after its lease had expired.
    again = await house.leader("a")
    [adopted] = await again.run_adopted()
    assert (adopted.job, adopted.attempts) == (DAILY.name, 2)
    with pytest.raises(FencedError):
        await before.run_due(HOURLY)


async def test_of_those_who_take_a_free_lease_at_once_one_has_it(house: House) -> None:
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await session.connection.execute("update schedule_leases set expires_at = now()")
    taken = await asyncio.gather(*(house.lease(f"h-{n}").take() for n in range(8)))
    assert len([fence for fence in taken if fence is not None]) == 1


async def test_only_what_failed_is_tried_again(house: House) -> None:
    leader = await house.leader("a")
    house.time.now += timedelta(days=1)
    house.work.failures = [{"w-1": "UNAVAILABLE x", "w-2": "UNAVAILABLE x"}, {"w-2": "INTERNAL y"}]
    await leader.run_due(DAILY)
    assert house.work.asked == [None, ["w-1", "w-2"], ["w-2"]]
    [run] = await house.ledger()
    assert (run.outcome, run.attempts, run.error) == ("succeeded", 3, "")
    assert await house.events() == []


async def test_what_fails_in_the_end_is_told(house: House) -> None:
    leader = await house.leader("a")
    house.time.now += timedelta(days=1)
    house.work.failures = [{"w-1": "INTERNAL " + "y" * 900}] * 3
    await leader.run_due(DAILY)
    [run] = await house.ledger()
    assert (run.outcome, run.attempts, len(run.error)) == ("failed", 3, 500)
    [event] = await house.events()
    assert event["type"] == "system.error"
    assert event["data"]["job"] == DAILY.name
    # The next time it is done again.
    house.time.now += timedelta(days=1)
    await leader.run_due(DAILY)
    assert [name for name, _ in house.work.done] == [DAILY.name]


async def test_what_cannot_say_which_workspaces_there_are_is_tried_again(house: House) -> None:
    leader = await house.leader("a")
    house.time.now += timedelta(days=1)
    house.work.breaks = [TimeoutError(), Unavailable("DATABASE_UNAVAILABLE", "away")]
    await leader.run_due(DAILY)
    [run] = await house.ledger()
    assert (run.outcome, run.attempts) == ("succeeded", 3)


async def test_what_somebody_asks_for_is_done_once_also_while_the_job_waits(house: House) -> None:
    leader = await house.leader("a")
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await pause_job(session, HOURLY.name)
        asked = await request_run(session, HOURLY.name)
        assert await request_run(session, HOURLY.name) == asked
    house.time.now += timedelta(hours=5)
    assert await leader.run_due(HOURLY) is None
    await asyncio.gather(*(leader.run_adopted() for _ in range(3)))
    assert house.work.done == [(HOURLY.name, asked.planned_at)]
    [run] = await house.ledger()
    assert (run.reason, run.outcome, run.attempts) == ("request", "succeeded", 1)


async def test_times_that_passed_while_it_was_paused_are_not_caught_up(house: House) -> None:
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await pause_job(session, HOURLY.name)
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await resume_job(session, HOURLY.name)
    leader = await house.leader("a")
    setting = (await leader.schedule.settings())[HOURLY.name]
    assert not setting.is_paused
    # It was resumed a moment ago: an hour before it counts for nothing, an hour after does.
    house.time.now = setting.since
    assert await leader.run_due(HOURLY) is None
    house.time.now = setting.since + timedelta(hours=1)
    assert await leader.run_due(HOURLY) is not None


async def test_a_job_that_is_not_known_any_more_is_left_alone(house: House) -> None:
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await request_run(session, "of_another_release")
    house.jobs = {HOURLY.name: replace(HOURLY)}
    leader = await house.leader("a")
    assert await leader.run_adopted() == []
    assert house.work.done == []
