"""The process tier: each question calculated once, and never answered with what is not true."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.runtime.cache.changes import MOST_SPANS
from services.runtime.cache.question import Answer
from services.runtime.cache.statistics import Event, Outcome
from services.runtime.faults import NotFound
from tests.support.cache import AHEAD, METHOD, PAST, Replica, World, question
from tests.support.waiting import until

W = "acme"


class Calculation:
    """One that waits until it is told how to end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.began = 0
        self.may_end = asyncio.Event()
        self.failure: Exception | None = None

    async def __call__(self) -> Answer:
        self.began += 1
        answer = await self.world.answer(W, PAST, 10)
        await self.may_end.wait()
        if self.failure is not None:
            raise self.failure
        return answer


async def asked(replica: Replica, calculation: Calculation) -> bytes:
    return await replica.cache.reply(question(W, PAST, 10, 10), calculation)


async def test_what_was_answered_is_not_calculated_again() -> None:
    world = World()
    replica = Replica.of(world)
    world.record(W, 5)
    assert [await replica.count(W, PAST, 10) for _ in range(3)] == [1, 1, 1]
    assert (world.calculations, world.looks) == (1, 0)
    assert replica.outcomes == {Outcome.CALCULATED: 1, Outcome.HIT: 2}
    assert replica.cache.statistics.by_method() == {METHOD: {Outcome.CALCULATED: 1, Outcome.HIT: 2}}


async def test_a_thousand_who_wait_are_one_calculation() -> None:
    replica = Replica.of(World())
    calculation = Calculation(replica.world)
    waiting = [asyncio.create_task(asked(replica, calculation)) for _ in range(1_000)]
    await until(lambda: calculation.began)
    calculation.may_end.set()
    assert len(set(await asyncio.gather(*waiting))) == 1
    assert calculation.began == 1
    assert replica.outcomes == {Outcome.CALCULATED: 1, Outcome.JOINED: 999}


async def test_the_end_of_the_first_caller_ends_nothing_for_the_others() -> None:
    replica = Replica.of(World())
    calculation = Calculation(replica.world)
    first = asyncio.create_task(asked(replica, calculation))
    await until(lambda: calculation.began)
    others = [asyncio.create_task(asked(replica, calculation)) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    calculation.may_end.set()
    assert len(await asyncio.gather(*others)) == 3
    assert (first.cancelled(), calculation.began) == (True, 1)


async def test_a_failure_is_told_to_all_who_wait_and_to_nobody_later() -> None:
    replica = Replica.of(World())
    calculation = Calculation(replica.world)
    calculation.failure = NotFound("AGENT_NOT_FOUND", "no such agent")
    waiting = [asyncio.create_task(asked(replica, calculation)) for _ in range(3)]
    calculation.may_end.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert outcomes == [calculation.failure] * 3
    calculation.failure = None
    await asked(replica, calculation)
    assert calculation.began == 2


async def test_a_failure_that_nobody_waits_for_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    replica = Replica.of(World())
    calculation = Calculation(replica.world)
    calculation.failure = NotFound("AGENT_NOT_FOUND", "no such agent")
    alone = asyncio.create_task(asked(replica, calculation))
    await until(lambda: calculation.began)
    alone.cancel()
    calculation.may_end.set()
    await until(lambda: not replica.cache.is_busy)
    assert not caplog.records


async def test_a_calculation_that_does_not_end_is_given_up() -> None:
    replica = Replica.of(World(), deadline_seconds=0.05)
    with pytest.raises(TimeoutError):
        await asked(replica, Calculation(replica.world))


async def test_who_asks_for_fresher_is_not_content_with_what_began_before() -> None:
    world = World()
    replica = Replica.of(world)
    slow = Calculation(world)
    waiting = asyncio.create_task(asked(replica, slow))
    await until(lambda: slow.began)
    world.record(W, 5)
    fresh = asyncio.create_task(replica.count(W, PAST, 10, staleness=0))
    await asyncio.sleep(0.01)
    slow.may_end.set()
    assert await fresh == 1
    await waiting


async def test_a_closed_time_is_proven_by_one_look_for_all_questions() -> None:
    world = World()
    replica = Replica.of(world)
    world.record(W, 5)
    for behind in (6, 7, 8):
        await replica.count(W, PAST, behind)
    world.record(W, 100)
    counts = await asyncio.gather(*(replica.count(W, PAST, behind, 0) for behind in (6, 7, 8)))
    assert counts == [1, 1, 1]
    assert world.calculations == 3
    assert world.looks <= 2


async def test_a_time_that_was_touched_is_calculated_again() -> None:
    world = World()
    replica = Replica.of(world)
    await replica.count(W, PAST, 10)
    world.record(W, 5)
    assert await replica.count(W, PAST, 10, staleness=0) == 1


async def test_late_facts_are_seen_as_soon_as_they_are_told() -> None:
    world = World()
    replica = Replica.of(world)
    assert [await replica.count(W, PAST, 10), await replica.count(W, 20, 30)] == [0, 0]
    replica.cache.touch(W, world.record(W, 5))
    assert [await replica.count(W, PAST, 10), await replica.count(W, 20, 30)] == [1, 0]
    assert world.calculations == 3
    assert replica.cache.statistics.events[Event.DROPPED] == 1


async def test_what_is_told_during_a_calculation_is_not_covered_by_it() -> None:
    world = World()
    replica = Replica.of(world)
    slow = Calculation(world)
    waiting = asyncio.create_task(asked(replica, slow))
    await until(lambda: slow.began)
    replica.cache.touch(W, world.record(W, 5))
    slow.may_end.set()
    await waiting
    assert await replica.count(W, PAST, 10) == 1


async def test_an_open_time_ages_within_its_bound() -> None:
    """Whoever follows a busy workspace is not made to calculate at each of its changes."""
    world = World()
    replica = Replica.of(world, cache_staleness_seconds=0.2)
    await replica.count(W, PAST, AHEAD)
    replica.cache.touch(W, world.record(W, 5))
    assert await replica.count(W, PAST, AHEAD) == 0
    await asyncio.sleep(0.2)
    assert await replica.count(W, PAST, AHEAD) == 1


async def test_a_time_that_slides_is_calculated_again_even_if_nothing_changes() -> None:
    world = World()
    replica = Replica.of(world, cache_staleness_seconds=0.05)
    until = datetime.now(UTC) + timedelta(seconds=0.03)
    await replica.count(W, PAST, AHEAD, until=until)
    await asyncio.sleep(0.06)
    await replica.count(W, PAST, AHEAD, until=until)
    assert world.calculations == 2


async def test_until_then_it_is_proven_as_any_other() -> None:
    world = World()
    replica = Replica.of(world, cache_staleness_seconds=0.05)
    until = datetime.now(UTC) + timedelta(minutes=1)
    for _ in range(2):
        await replica.count(W, PAST, AHEAD, until=until)
        await asyncio.sleep(0.06)
    assert (world.calculations, replica.outcomes[Outcome.CONFIRMED]) == (1, 1)
    world.record(W, 5)
    assert await replica.count(W, PAST, AHEAD, until=until) == 1


async def test_after_a_gap_in_the_news_everything_is_proven_again() -> None:
    world = World()
    replica = Replica.of(world)
    await replica.count(W, PAST, 10)
    world.record(W, 5)
    replica.cache.resume()
    assert await replica.count(W, PAST, 10) == 1


async def test_what_the_log_does_not_remember_is_calculated_again() -> None:
    world = World(kept_changes=3)
    replica = Replica.of(world)
    await replica.count(W, PAST, 10)
    for hour in (1, 100, 101, 102, 103):
        world.record(W, hour)
    assert await replica.count(W, PAST, 10, staleness=0) == 1


async def test_a_database_that_went_back_in_time_proves_nothing() -> None:
    world = World()
    replica = Replica.of(world)
    world.record(W, 5)
    assert await replica.count(W, PAST, 10) == 1
    world.facts[W].clear()
    world.log[W].clear()
    assert await replica.count(W, PAST, 10, staleness=0) == 0


async def test_tenants_do_not_meet() -> None:
    world = World()
    replica = Replica.of(world)
    world.record("acme", 5)
    assert await replica.count("acme", PAST, 10) == 1
    assert await replica.count("other", PAST, 10) == 0


async def test_a_hot_answer_is_calculated_before_it_expires() -> None:
    """Nobody waits, though each answer lives for a fifth of a second and takes 20 ms."""
    world = World()
    replica = Replica.of(world, cache_staleness_seconds=0.2)

    async def calculate() -> Answer:
        await asyncio.sleep(0.02)
        return await world.answer(W, PAST, AHEAD, until=datetime.now(UTC))

    for _ in range(1_000):
        await replica.cache.reply(question(W, PAST, AHEAD, 0.2), calculate)
        await asyncio.sleep(0.001)
    assert world.calculations >= 4
    assert replica.outcomes[Outcome.HIT] >= 990
    assert replica.cache.statistics.events[Event.REFRESHED_EARLY] >= 3


async def test_what_touches_more_than_is_kept_makes_older_answers_unproven() -> None:
    world = World()
    replica = Replica.of(world)
    await replica.count(W, PAST, 10)
    await replica.count(W, PAST, 10, staleness=0)
    for hour in (5, *range(100, 100 + 2 * MOST_SPANS)):
        world.record(W, hour)
    assert await replica.count(W, PAST, 10, staleness=0) == 1
