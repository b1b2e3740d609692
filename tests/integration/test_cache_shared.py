"""The tier that replicas share, on a real Valkey: what it saves, and what it may do to answers."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.runtime.background import in_background
from services.runtime.cache.question import Answer
from services.runtime.cache.statistics import Event, Outcome
from services.runtime.redis_client import open_redis
from tests.support.cache import (
    AHEAD,
    PAST,
    Replica,
    World,
    cache_settings,
    outcomes_of,
    question,
    value_of,
)
from tests.support.valkey import Valkey, running_valkey

W = "acme"


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[Valkey]:
    async with running_valkey(tmp_path) as server:
        yield server


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def world() -> World:
    world = World()
    world.record(W, 5)
    return world


@pytest.fixture
async def replicas(valkey: Valkey, opened: AsyncExitStack, world: World) -> list[Replica]:
    return [await replica_of(world, valkey.url, opened) for _ in range(3)]


@pytest.fixture
async def hasty(valkey: Valkey, opened: AsyncExitStack, world: World) -> list[Replica]:
    """Replicas that wait no longer for Redis than they do by default."""
    return [await replica_of(world, valkey.url, opened, seconds=0.1) for _ in range(2)]


async def replica_of(
    world: World,
    url: str,
    opened: AsyncExitStack,
    *,
    edition: bytes = b"test",
    lease: float = 5,
    seconds: float = 5,
    staleness: float = 10,
) -> Replica:
    settings = cache_settings(REDIS_URL=url, redis_timeout_seconds=seconds)
    client = await opened.enter_async_context(open_redis(settings))
    bound = {"cache_staleness_seconds": staleness}
    return Replica.on(world, client, edition, seconds, lease, **bound)


async def test_what_one_replica_calculated_the_others_find(
    replicas: list[Replica], world: World
) -> None:
    assert [await replica.count(W, PAST, 10) for replica in replicas] == [1, 1, 1]
    assert world.calculations == 1
    assert outcomes_of(replicas) == {Outcome.CALCULATED: 1, Outcome.SHARED: 2}


async def test_a_thousand_who_wait_at_three_replicas_are_one_calculation(
    replicas: list[Replica], world: World
) -> None:
    async def slowly() -> Answer:
        await asyncio.sleep(0.1)
        return await world.answer(W, PAST, 10)

    asked = question(W, PAST, 10, 10)
    replies = await asyncio.gather(
        *(replica.cache.reply(asked, slowly) for replica in replicas for _ in range(333))
    )
    assert {value_of(reply) for reply in replies} == {1}
    assert world.calculations == 1


async def test_a_shared_answer_is_judged_by_the_changes_since(
    replicas: list[Replica], world: World
) -> None:
    await replicas[0].count(W, PAST, 10)
    world.record(W, 6)
    assert [await replica.count(W, PAST, 10, staleness=0) for replica in replicas] == [2, 2, 2]


async def test_who_asks_for_fresher_gets_no_older_one_from_another_replica(
    replicas: list[Replica], world: World
) -> None:
    """All ask at once, and each time after something has changed."""
    for number in range(2, 30):
        world.record(W, 5)
        counts = await asyncio.gather(
            *(replica.count(W, PAST, 10, staleness=0) for replica in replicas)
        )
        assert counts == [number] * 3


async def test_one_who_died_in_its_turn_holds_the_others_no_longer_than_its_lease(
    valkey: Valkey, opened: AsyncExitStack, world: World
) -> None:
    replica = await replica_of(world, valkey.url, opened, lease=0.4)
    tier = (await replica_of(world, valkey.url, opened, lease=0.4)).cache.shared
    async with tier.turn(str(question(W, PAST, 10, 10).key)) as turn:
        assert [entry async for entry in turn.answers()] == []
        began = time.monotonic()
        assert await replica.count(W, PAST, 10) == 1
        assert 0.3 < time.monotonic() - began < 2


async def test_a_failed_calculation_gives_its_turn_back_at_once(
    replicas: list[Replica], world: World
) -> None:
    async def failing() -> Answer:
        await asyncio.sleep(0.05)
        raise LookupError

    failed = replicas[0].cache.reply(question(W, PAST, 10, 10), failing)
    first = asyncio.create_task(failed)
    await asyncio.sleep(0.02)
    began = time.monotonic()
    assert await replicas[1].count(W, PAST, 10) == 1
    assert time.monotonic() - began < 1
    with pytest.raises(LookupError):
        await first


async def test_while_it_is_dead_answers_are_right_and_quick_and_then_shared_again(
    hasty: list[Replica], valkey: Valkey, world: World
) -> None:
    valkey.kill()
    await all_right_and_quick(hasty[0], world)
    await valkey.start()
    await asyncio.sleep(1.1)
    await shares_again(hasty, world)


async def test_while_it_is_halted_answers_are_right_and_bounded(
    hasty: list[Replica], valkey: Valkey, world: World
) -> None:
    valkey.halt()
    await all_right_and_quick(hasty[0], world)
    valkey.go_on()
    await asyncio.sleep(1.1)
    await shares_again(hasty, world)


async def all_right_and_quick(replica: Replica, world: World) -> None:
    """A hundred questions that nobody has asked, each within what three timeouts may take."""
    began = time.monotonic()
    for number in range(100):
        world.record(W, 100 + number)
        asked = time.monotonic()
        assert await replica.count(W, 100, 101 + number, staleness=0) == number + 1
        assert time.monotonic() - asked < 1.5
    assert time.monotonic() - began < 6
    assert replica.cache.statistics.events[Event.SHARED_TIER_FAILED] >= 3


async def shares_again(replicas: list[Replica], world: World) -> None:
    before = world.calculations
    for replica in replicas:
        assert await replica.count(W, 5, 7) == 1
    assert world.calculations == before + 1


async def test_what_was_flushed_is_calculated_again(
    replicas: list[Replica], valkey: Valkey, world: World
) -> None:
    await replicas[0].count(W, PAST, 10)
    async with valkey.client() as client:
        await client.flushall()
    assert await replicas[1].count(W, PAST, 10) == 1
    assert world.calculations == 2


@pytest.mark.parametrize("kind", ["bytes", "cut", "list", "number"])
async def test_garbage_is_not_served(
    replicas: list[Replica], valkey: Valkey, world: World, kind: str
) -> None:
    await replicas[0].count(W, PAST, 10)
    [name] = await valkey.names()
    async with valkey.client() as client:
        whole = await client.get(name)
        await client.delete(name)
        match kind:
            case "list":
                await client.rpush(name, "a", "b")
            case "number":
                await client.set(name, 7)
            case "cut":
                await client.set(name, whole[:-1])
            case "bytes":
                await client.set(name, os.urandom(len(whole)))
    assert await replicas[1].count(W, PAST, 10) == 1
    assert replicas[1].cache.statistics.events[Event.SHARED_TIER_FAILED] >= 1


async def test_an_answer_under_the_name_of_another_tenants_is_not_served(
    replicas: list[Replica], valkey: Valkey, world: World
) -> None:
    """Both workspaces are at one revision, so that nothing but the seal tells."""
    world.record("other", 50)
    await replicas[0].count(W, PAST, 10)
    await replicas[0].count("other", PAST, 10)
    names = {name.split(b":")[3]: name for name in await valkey.names()}
    async with valkey.client() as client:
        await client.copy(names[b"acme"], names[b"other"], replace=True)
    assert await replicas[1].count("other", PAST, 10) == 0


async def test_answers_of_another_edition_are_not_read(
    replicas: list[Replica], valkey: Valkey, opened: AsyncExitStack, world: World
) -> None:
    await replicas[0].count(W, PAST, 10)
    newer = await replica_of(world, valkey.url, opened, edition=b"newer")
    assert await newer.count(W, PAST, 10) == 1
    assert world.calculations == 2


async def test_what_is_no_redis_at_all_harms_nothing(
    opened: AsyncExitStack, world: World, tmp_path: Path
) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"$-7\r\n*x\r\n" + os.urandom(64))
        writer.close()

    path = str(tmp_path / "babble")
    async with await asyncio.start_unix_server(babble, path):
        replica = await replica_of(world, f"unix://{path}", opened, seconds=0.1)
        assert [await replica.count(W, PAST, 6 + n) for n in range(10)] == [1] * 10


async def test_answers_are_forgotten_by_pattern_in_every_replica(
    replicas: list[Replica], valkey: Valkey, world: World
) -> None:
    async with in_background(*(one.cache.shared.listen(one.cache.forget) for one in replicas)):
        await asyncio.sleep(0.3)
        for replica in replicas:
            assert [await replica.count(w, PAST, 10) for w in (W, "other")] == [1, 0]
        await replicas[0].cache.forget_everywhere("acme:*")
        assert [name.split(b":")[3] for name in await valkey.names()] == [b"other"]
        await asyncio.sleep(0.3)
        world.facts.clear()
        for replica in replicas:
            assert [await replica.count(w, PAST, 10) for w in (W, "other")] == [0, 0]
    assert world.calculations == 3


async def test_of_replicas_that_refresh_early_one_does_for_all(
    valkey: Valkey, opened: AsyncExitStack, world: World
) -> None:
    """A hot answer of half a second takes 20 ms: nobody waits for it, and each is calculated once,
    though every replica comes to think of the next one by itself."""
    three = [await replica_of(world, valkey.url, opened, staleness=0.5) for _ in range(3)]

    async def calculate() -> Answer:
        await asyncio.sleep(0.02)
        return await world.answer(W, PAST, AHEAD, until=datetime.now(UTC))

    async def look(replica: Replica) -> None:
        while time.monotonic() < until:
            await replica.cache.reply(question(W, PAST, AHEAD, 0.5), calculate)
            await asyncio.sleep(0.005)

    until = time.monotonic() + 3
    await asyncio.gather(*map(look, three))
    outcomes = outcomes_of(three)
    refreshes = [one.cache.statistics.events.get(Event.REFRESHED_EARLY, 0) for one in three]
    assert min(refreshes) >= 2
    assert outcomes[Outcome.HIT] > 0.95 * outcomes.total()
    # Of so many who draw, one draws about four times what it costs: it lives for about 0.4 s.
    assert 3 / 0.5 - 1 <= world.calculations <= 3 / 0.25
