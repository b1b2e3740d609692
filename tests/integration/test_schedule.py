"""Jobs on a clock that tests set: each time is done once, whoever leads, dies or sleeps."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.jobs import JOBS
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.faults import Unavailable
from services.warehouse.schedule.jobs import pause_job, reschedule_job, resume_job
from services.warehouse.schedule.leases import FencedError
from services.warehouse.schedule.runs import request_run
from tests.support.schedule import House, house_of
from tests.support.spans import recording

HOURLY, DAILY = JOBS["roll_up_hours"], JOBS["roll_up_days"]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with house_of(database_url) as house:
        yield house


async def test_times_that_passed_while_nobody_ran_are_done_as_one(house: House) -> None:
    leader = await house.leader("a")
    house.time.now += timedelta(days=12, hours=3)
    for _ in range(3):
        await leader.run_due(HOURLY)
    last = house.time.now.replace(minute=5, second=0, microsecond=0)
    if last > house.time.now:
        last -= timedelta(hours=1)
    assert house.work.done == [(HOURLY.name, last)]


async def test_nothing_is_done_twice_by_who_leads_after_a_clock_an_hour_ahead(
    house: House,
) -> None:
    house.time.now += timedelta(hours=2)
    await (await house.leader("ahead")).run_due(HOURLY)
    [(_, planned)] = house.work.done
    house.time.now -= timedelta(hours=1)
    right = await house.leader("right")
    for _ in range(2):
        await right.run_due(HOURLY)
        house.time.now += timedelta(hours=1)
    assert house.work.done == [(HOURLY.name, planned)]
    await right.run_due(HOURLY)
    assert house.work.done[1:] == [(HOURLY.name, planned + timedelta(hours=1))]


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


async def test_each_run_is_a_trace_of_its_own(house: House) -> None:
    leader = await house.leader("a")
    with recording() as kept:
        for _ in range(2):
            house.time.now += timedelta(days=1)
            await leader.run_due(DAILY)
    runs = [span for span in kept.spans if span.name == f"job {DAILY.name}"]
    assert [run.parent_id for run in runs] == ["", ""]
    assert len({run.trace_id for run in runs}) == 2
    times = [run.attributes["shadower.job.planned_time"] for run in runs]
    assert times == sorted(run.planned_at.isoformat() for run in await house.ledger())


async def test_what_is_left_for_the_next_time_is_told(house: House) -> None:
    leader = await house.leader("a")
    house.time.now += timedelta(days=1)
    house.work.left = "some remain in w-1"
    await leader.run_due(DAILY)
    [run] = await house.ledger()
    assert (run.outcome, run.error) == ("succeeded", "some remain in w-1")
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


async def test_a_job_of_another_release_waits_an_hour_for_whoever_knows_it(house: House) -> None:
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await request_run(session, "of_another_release")
    house.jobs = {HOURLY.name: replace(HOURLY)}
    leader = await house.leader("a")
    assert await leader.run_adopted() == []
    [run] = await house.ledger()
    assert (run.outcome, run.attempts) == ("", 0)
    await _let_pass(house, "61 minutes")
    assert await leader.run_adopted() == []
    [run] = await house.ledger()
    assert (run.outcome, run.error) == ("abandoned", "no scheduler knows the job")
    assert (house.work.done, await house.events()) == ([], [])


async def _let_pass(house: House, time: str) -> None:
    """As if all runs had been planned and begun so long before."""
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await session.connection.execute(
            "update job_runs set planned_at = planned_at - $1::text::interval,"
            " started_at = started_at - $1::text::interval",
            time,
        )


async def test_runs_are_kept_for_90_days(house: House) -> None:
    """Of every job, but for its last time and what has not ended."""
    leader = await house.leader("a")
    for _ in range(3):
        house.time.now += timedelta(hours=1)
        await leader.run_due(HOURLY)
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await request_run(session, HOURLY.name)
    await _let_pass(house, "95 days")
    house.time.now += timedelta(days=1)
    await leader.run_due(DAILY)
    assert sorted((run.job, run.reason) for run in await house.ledger()) == [
        (DAILY.name, "schedule"),
        (HOURLY.name, "request"),
        (HOURLY.name, "schedule"),
    ]


async def test_a_zone_that_this_machine_lacks_leaves_no_job_without_times(house: House) -> None:
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await reschedule_job(session, DAILY.name, "0 9 * * *", "Mars/Olympus")
    leader = await house.leader("a")
    house.time.now += timedelta(days=1)
    await leader.run_due(DAILY)
    [(_, planned)] = house.work.done
    assert (planned.hour, planned.minute) == (1, 0)


async def test_a_job_is_done_on_the_clock_that_somebody_has_set(house: House) -> None:
    async with house.database.writing(SYSTEM_WORKSPACE) as session:
        await reschedule_job(session, DAILY.name, "0 9 * * *", "Asia/Kathmandu")
    leader = await house.leader("a")
    house.time.now += timedelta(days=1)
    await leader.run_due(DAILY)
    [(_, planned)] = house.work.done
    # Always 5:45 ahead.
    assert (planned.hour, planned.minute) == (3, 15)
