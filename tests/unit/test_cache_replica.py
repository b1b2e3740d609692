"""Answers from a copy that lags: as old as callers are content with, and never proven truer."""

import time

from google.protobuf.wrappers_pb2 import Int64Value

from services.runtime.cache.question import Answer
from services.runtime.freshness import OutdatedSourceError, asked_freshness
from tests.support.cache import PAST, Replica, World, question

W = "acme"
LAG = 2.0


class Copied:
    """Calculates from a copy that has less, for who is content with that; else from the world."""

    def __init__(self, world: World, copy: World, *, goes_away: bool = False) -> None:
        self.world = world
        self.copy = copy
        self.goes_away = goes_away

    async def __call__(self) -> Answer:
        freshness, moment = asked_freshness(), time.monotonic() - LAG
        if freshness is None or freshness.needed > moment:
            return await self.world.answer(W, PAST, 10)
        freshness.rests_on(moment)
        if self.goes_away:
            raise OutdatedSourceError
        return await self.copy.answer(W, PAST, 10)


def worlds() -> tuple[World, World]:
    """One, and a copy that has not heard of its second fact."""
    world, copy = World(), World()
    for one in (world, copy):
        one.record(W, 5)
    world.record(W, 6)
    return world, copy


async def counted(replica: Replica, calculate: Copied, staleness: float) -> int:
    reply = await replica.cache.reply(question(W, PAST, 10, staleness), calculate)
    return Int64Value.FromString(reply).value


async def test_who_is_content_with_less_gets_what_the_copy_has() -> None:
    world, copy = worlds()
    replica, calculate = Replica.of(world), Copied(world, copy)
    assert await counted(replica, calculate, 10) == 1
    assert (copy.calculations, world.calculations) == (1, 0)


async def test_who_wants_all_does_not_get_it() -> None:
    world, copy = worlds()
    replica, calculate = Replica.of(world), Copied(world, copy)
    for staleness in (0, LAG / 2):
        assert await counted(replica, calculate, staleness) == 2
    assert copy.calculations == 0


async def test_what_the_copy_said_is_as_old_as_the_copy_was() -> None:
    """Remembered, but not for who wants a fresher one; and the log of changes refutes it."""
    world, copy = worlds()
    replica, calculate = Replica.of(world), Copied(world, copy)
    assert await counted(replica, calculate, 10) == 1
    assert await counted(replica, calculate, 9) == 1
    assert copy.calculations == 1
    assert await counted(replica, calculate, LAG / 2) == 2


async def test_what_the_copy_said_is_proven_if_nothing_has_changed() -> None:
    world, copy = worlds()
    copy.record(W, 6)
    replica, calculate = Replica.of(world), Copied(world, copy)
    assert await counted(replica, calculate, 10) == 2
    assert await counted(replica, calculate, 0) == 2
    assert (copy.calculations, world.calculations) == (1, 0)


async def test_a_copy_that_goes_away_half_way_is_not_missed() -> None:
    world, copy = worlds()
    replica = Replica.of(world)
    assert await counted(replica, Copied(world, copy, goes_away=True), 10) == 2
    assert (copy.calculations, world.calculations) == (0, 1)
