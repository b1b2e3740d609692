"""A year of jobs on clocks of two zones, while leaders die, sleep and wake again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from scheduler.jobs import JOBS, Job
from scheduler.running import Runner
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.warehouse.schedule.leases import FencedError
from tests.support.schedule import House, house_of

START, END = datetime(2027, 6, 1, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
"""All schedules here, and all changes of clocks, are at quarters of an hour."""
Shown = Callable[[datetime], bool]


@dataclass(frozen=True)
class Clocked:
    """A job, and when its time comes by what its clock shows: two readings of one thing."""

    job: Job
    comes: Shown


def clocked(name: str, schedule: str, zone: str, comes: Shown) -> Clocked:
    job = replace(JOBS["roll_up_days"], name=name, schedule=schedule, time_zone=zone)
    return Clocked(job, comes)


def is_last_day(shown: datetime) -> bool:
    return (shown + timedelta(days=1)).day == 1


CLOCKED = {
    one.job.name: one
    for one in (
        # Skipped on 26 March 2028, and shown twice on 31 October 2027.
        clocked("night", "30 2 * * *", "Europe/Berlin", lambda t: (t.hour, t.minute) == (2, 30)),
        # Shown twice on 7 November 2027; the second is skipped on 12 March 2028.
        clocked(
            "early",
            "15 1,2 * * *",
            "America/New_York",
            lambda t: t.hour in (1, 2) and t.minute == 15,
        ),
        clocked(
            "month_end",
            "45 23 last * *",
            "America/New_York",
            lambda t: is_last_day(t) and (t.hour, t.minute) == (23, 45),
        ),
        clocked(
            "leap_day",
            "0 4 29 2 *",
            "Europe/Berlin",
            lambda t: (t.month, t.day, t.hour, t.minute) == (2, 29, 4, 0),
        ),
    )
}


def oracle(one: Clocked) -> list[datetime]:
    """By brute force: when its clock first shows, or passes over, what is a time of the job."""
    zone, time = ZoneInfo(one.job.time_zone), START - timedelta(days=1)
    found, latest = [], _shown(time, zone)
    while (time := time + QUARTER) <= END:
        now = _shown(time, zone)
        steps = (latest + n * QUARTER for n in range(1, (now - latest) // QUARTER + 1))
        if any(map(one.comes, steps)) and time > START:
            found.append(time)
        latest = max(latest, now)
    return found


def _shown(time: datetime, zone: ZoneInfo) -> datetime:
    return time.astimezone(zone).replace(tzinfo=UTC)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Before the year begins."""
    jobs = {name: one.job for name, one in CLOCKED.items()}
    async with house_of(database_url, jobs) as house:
        async with house.database.writing(SYSTEM_WORKSPACE) as session:
            await session.connection.execute("update scheduled_jobs set since = $1", START)
        yield house


async def test_each_time_of_a_year_is_done_once(house: House) -> None:
    random, due = Random(7), {name: oracle(one) for name, one in CLOCKED.items()}
    expected = sorted((name, time) for name, times in due.items() for time in times)
    leader, sleeping, kills = await house.leader("leader-0"), list[Runner](), 0
    for number, (name, time) in enumerate(sorted(expected, key=lambda one: one[1])):
        house.time.now = time + timedelta(seconds=random.uniform(0, 50))
        if number % 60 == 59:
            # It sleeps without knowing, and wakes when another one leads.
            sleeping.append(leader)
            leader = await house.leader(f"leader-{number}")
            await _wakes_in_vain(sleeping[-1], CLOCKED[name].job)
        if number % 97 == 96:
            kills += 1
            leader = await _killed(house, leader, CLOCKED[name].job)
        for job in {name, random.choice(list(CLOCKED))}:
            await leader.run_due(CLOCKED[job].job)
    assert sorted(house.work.done) == expected
    assert (len(sleeping), kills) > (10, 5)
    assert [len(due[name]) for name in ("month_end", "leap_day")] == [12, 1]
    # The night that lacks an hour, and the one that has it twice.
    for day, hour in (("2028-03-26", 1), ("2027-10-31", 0)):
        [night] = [time for time in due["night"] if time.date().isoformat() == day]
        assert night.hour == hour
    kept = await house.ledger()
    assert {run.outcome for run in kept} == {"succeeded"}
    assert sorted((run.job, run.planned_at) for run in kept) == kept_of(expected)


def kept_of(expected: list[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
    """Runs are kept for 90 days, and the last one of each job longer."""
    oldest = max(time for _, time in expected) - timedelta(days=90)
    last = dict(expected)
    return [(name, time) for name, time in expected if time in (last[name], max(time, oldest))]


async def _wakes_in_vain(asleep: Runner, job: Job) -> None:
    for attempt in (asleep.run_due(job), asleep.run_adopted()):
        with pytest.raises(FencedError):
            await attempt


async def _killed(house: House, leader: Runner, job: Job) -> Runner:
    """Amid the job, which another one then begins again."""
    house.work.dies = True
    with pytest.raises(asyncio.CancelledError):
        await leader.run_due(job)
    house.work.dies = False
    follower = await house.leader(f"after-{house.time.now}")
    [adopted] = await follower.run_adopted()
    assert (adopted.job, adopted.attempts) == (job.name, 2)
    return follower


async def test_who_sleeps_amid_a_job_ends_it_for_nobody(house: House) -> None:
    """It has called already: again, with the same key. What it says of the run counts no more."""
    night, house.time.now = CLOCKED["night"].job, START + timedelta(days=1)
    before = await house.leader("sleeper")
    house.work.halts = wakes = asyncio.Event()
    asleep = asyncio.create_task(before.run_due(night))
    await asyncio.wait_for(house.work.halts_now.wait(), 10)
    house.work.halts = None
    [adopted] = await (await house.leader("awake")).run_adopted()
    [known] = await house.ledger()
    house.work.failures = [{"w-1": "INTERNAL x"}] * 3
    wakes.set()
    with pytest.raises(FencedError):
        await asleep
    assert await house.ledger() == [known]
    assert (known.outcome, known.attempts) == ("succeeded", 2)
    assert house.work.done == [(night.name, adopted.planned_at)]
