"""Counters that replicas share, on a real Valkey: exact, truthful, and what is left without it."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.limits.counters import OwnCounters, name_of
from gateway.limits.lease import Lease, Lending
from gateway.limits.limit import DEFAULTS, Budget, Limit, Scope
from gateway.limits.limiter import Limiter, Outcome
from gateway.limits.redis_counters import RedisCounters
from gateway.limits.window import MICROSECONDS, SLOTS, Standing, Window, charge_all, width_of
from services.runtime.contract import waiting_classes
from services.runtime.redis_client import open_redis
from tests.support.cache import cache_settings
from tests.support.valkey import Valkey, running_valkey

SECONDS = 5.0
ALLOWED, REFUSED = True, False


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Valkey]:
    """Tests keep apart by workspaces of their own."""
    async with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Valkey]:
    async with running_valkey(tmp_path) as server:
        yield server


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def counters_on(
    valkey: Valkey, opened: AsyncExitStack, seconds: float = SECONDS
) -> RedisCounters:
    told = cache_settings(REDIS_URL=valkey.url, redis_timeout_seconds=seconds)
    return RedisCounters(await opened.enter_async_context(open_redis(told)), seconds)


@pytest.fixture
async def replicas(shared: Valkey, opened: AsyncExitStack) -> list[RedisCounters]:
    """Each with connections of its own."""
    return [await counters_on(shared, opened) for _ in range(3)]


def budgets(amount: int, seconds: int = 60, limit_class: str = "reports") -> list[Budget]:
    """Of a workspace and a user that nobody else uses."""
    workspace, limit = f"w-{uuid.uuid4().hex[:16]}", Limit(amount, seconds)
    return [
        Budget(workspace, Scope.WORKSPACE, "", limit_class, limit),
        Budget(workspace, Scope.USER, "ann", limit_class, limit),
    ]


async def allowed(counters: Any, asked: list[Budget], cost: int = 1) -> bool:
    verdict = await counters.charge(asked, cost)
    assert verdict is not None
    return bool(verdict.is_allowed)


async def test_n_of_more_are_allowed_whichever_replica_is_asked(
    replicas: list[RedisCounters],
) -> None:
    asked = budgets(100)
    verdicts = await asyncio.gather(
        *(allowed(replica, asked) for _ in range(60) for replica in replicas)
    )
    assert sum(verdicts) == 100


async def test_a_refused_request_charges_none_of_its_budgets(
    replicas: list[RedisCounters],
) -> None:
    workspace, user = budgets(3)
    other = Budget(workspace.workspace_id, Scope.USER, "bob", "reports", Limit(1, 60))
    assert [await allowed(replicas[0], [workspace, other]) for _ in range(5)] == [True] + [
        False
    ] * 4
    verdict = await replicas[1].charge([workspace, user, other], 0)
    assert verdict
    assert [standing.used for standing in verdict.standings] == [1, 0, 1]


async def test_the_wait_is_true_and_no_longer_than_needed(replicas: list[RedisCounters]) -> None:
    asked = budgets(2, seconds=2)
    assert [await allowed(replicas[0], asked) for _ in range(2)] == [ALLOWED, ALLOWED]
    before = time.monotonic()
    verdict = await replicas[1].charge(asked, 1)
    after = time.monotonic()
    assert verdict
    assert not verdict.is_allowed
    wait = verdict.standings[0].wait / MICROSECONDS
    assert 0 < wait <= 2.04
    await asyncio.sleep(wait * 0.8)
    is_early = not await allowed(replicas[2], asked)
    # On a machine that is too busy to be early, nothing is shown.
    if time.monotonic() < before + wait:
        assert is_early
        await asyncio.sleep(after + wait - time.monotonic())
        assert await allowed(replicas[2], asked)


async def test_never_more_than_the_limit_in_any_time_of_its_length(
    replicas: list[RedisCounters],
) -> None:
    asked, passed = budgets(20, seconds=1), list[tuple[float, float]]()
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        began = time.monotonic()
        for verdict in await asyncio.gather(*(allowed(one, asked) for one in replicas)):
            passed += [(began, time.monotonic())] * verdict
        await asyncio.sleep(0.005)
    assert len(passed) >= 40
    for began, _ in passed:
        # Those that surely fell into the second after this one was sent.
        assert sum(1 for sent, seen in passed if began <= sent and seen < began + 1) <= 20


SLOTS_FILLED = st.dictionaries(st.integers(-3, SLOTS + 5), st.integers(1, 5), max_size=20)
MANY_SLOTS_FILLED = st.dictionaries(st.integers(-3, SLOTS + 5), st.integers(1, 300), max_size=9)
# What is wanted, and what is returned of which slot.
LENDINGS = st.tuples(st.integers(0, 60), st.integers(1, 40), st.integers(0, SLOTS + 3))


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    sizes=st.one_of(
        st.tuples(st.lists(SLOTS_FILLED, min_size=1, max_size=3), st.integers(1, 30)),
        st.tuples(st.lists(MANY_SLOTS_FILLED, min_size=1, max_size=3), st.integers(1_000, 9_000)),
    ),
    asked_for=st.lists(st.tuples(st.integers(0, 3), LENDINGS), min_size=1, max_size=5),
    stale=st.booleans(),
)
async def test_the_script_decides_as_the_window(
    *,
    shared: Valkey,
    replicas: list[RedisCounters],
    sizes: tuple[list[dict[int, int]], int],
    asked_for: list[tuple[int, tuple[int, int, int]]],
    stale: bool,
) -> None:
    filled, amount = sizes
    asked = [budgets(amount, seconds=7200)[0] for _ in filled]
    width = width_of(7200)
    async with shared.client() as client:
        before = await now_of(client)
        slot = before // width
        windows = [
            Window(width, {slot - ago: count for ago, count in slots.items()}) for slots in filled
        ]
        for budget, window in zip(asked, windows, strict=True):
            if window.slots:
                # A sum of another slot is nothing to go by.
                sums = {"at": slot - 1, "used": 999, "oldest": slot - 3} if stale else {}
                await client.hset(name_of(budget), mapping={**window.slots, **sums})
        wanted = [
            (cost, Lending(want, Lease(left, (slot - ago,) * len(asked))))
            for cost, (want, left, ago) in asked_for
        ]
        found = [await replicas[0].charge(asked, *one) for one in wanted]
        after = await now_of(client)
        left = [await client.hgetall(name_of(budget)) for budget in asked]
    if slot != after // width:
        return
    for one, verdict in zip(wanted, found, strict=True):
        expected = charge_all([(window, amount) for window in windows], before, *one)
        assert verdict is not None
        assert (verdict.is_allowed, verdict.lease) == (expected.is_allowed, expected.lease)
        for standing, other in zip(verdict.standings, expected.standings, strict=True):
            is_like(standing, other, after - before)
    assert [counts_in(one) for one in left] == [window.slots for window in windows]


def counts_in(found: dict[bytes, bytes]) -> dict[int, int]:
    """By slots; and the sum beside them is right."""
    counts = {int(slot): int(count) for slot, count in found.items() if slot.isdigit()}
    counts = {slot: count for slot, count in counts.items() if count}
    assert sum(counts.values()) == int(found.get(b"used", 0))
    return counts


def is_like(found: Standing, expected: Standing, later: int) -> None:
    assert found.used == expected.used
    assert expected.wait - later <= found.wait <= expected.wait
    assert expected.reset - later <= found.reset <= expected.reset


async def now_of(client: Any) -> int:
    seconds, microseconds = await client.time()
    return int(seconds) * MICROSECONDS + int(microseconds)


async def test_what_is_over_leaves_nothing_behind(
    shared: Valkey, replicas: list[RedisCounters]
) -> None:
    asked = budgets(1000, seconds=1)
    for _ in range(3):
        assert await allowed(replicas[0], asked)
    names = [name_of(budget) for budget in asked]
    async with shared.client() as client:
        assert all([0 < await client.pttl(name) < 1100 for name in names])
        await asyncio.sleep(1.1)
        assert await client.exists(*names) == 0


GARBAGE: dict[str, Any] = {
    "a string": lambda client, name: client.set(name, "garbage"),
    "a list": lambda client, name: client.lpush(name, "garbage"),
    "counts that are none": lambda client, name: client.hset(name, "28000000", "garbage"),
    "slots that are none": lambda client, name: client.hset(name, "garbage", "1"),
    "counts beyond all": lambda client, name: client.hset(name, "99999999999", "9" * 30),
    "negative counts": lambda client, name: client.hset(name, "99999999999", "-5"),
    "sums of nothing": lambda client, name: client.hset(name, mapping={"at": "x", "used": "y"}),
}


@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage_is_thrown_away(
    shared: Valkey, replicas: list[RedisCounters], kind: str
) -> None:
    asked = budgets(2)
    async with shared.client() as client:
        await GARBAGE[kind](client, name_of(asked[1]))
        assert [await allowed(replicas[0], asked) for _ in range(3)] == [True, True, False]
        assert await client.type(name_of(asked[1])) == b"hash"
        assert await client.pttl(name_of(asked[1])) > 0


async def test_garbage_in_the_place_of_a_count_charges_nobody_else_twice(
    shared: Valkey, replicas: list[RedisCounters]
) -> None:
    first, last = asked = budgets(3, seconds=7200)
    async with shared.client() as client:
        assert await allowed(replicas[0], asked)
        slot = await now_of(client) // width_of(7200)
        await client.hset(name_of(last), str(slot), "garbage")
        assert await allowed(replicas[0], asked)
    verdict = await replicas[1].charge([first, last], 0)
    assert verdict
    assert [standing.used for standing in verdict.standings] == [2, 1]


async def test_scripts_that_were_forgotten_are_told_again(
    shared: Valkey, replicas: list[RedisCounters]
) -> None:
    asked = budgets(2)
    assert await allowed(replicas[0], asked)
    async with shared.client() as client:
        await client.script_flush()
    assert await allowed(replicas[0], asked)
    assert not await allowed(replicas[0], asked)


def of_class(limit_class: str, amount: int = 3) -> list[Budget]:
    return budgets(amount, limit_class=limit_class)


async def reason(limiter: Limiter, asked: list[Budget]) -> str:
    refusal = (await limiter.decide(asked, 1)).refusal
    return refusal.reason if refusal else ""


@pytest.mark.parametrize("limit_class", DEFAULTS)
async def test_without_redis_some_go_on_with_a_cap_and_others_wait(
    mortal: Valkey, opened: AsyncExitStack, limit_class: str
) -> None:
    limiter = Limiter(OwnCounters(), await counters_on(mortal, opened, seconds=0.1))
    assert await reason(limiter, of_class(limit_class)) == ""
    mortal.kill()
    asked = of_class(limit_class)
    reasons = [await reason(limiter, asked) for _ in range(5)]
    if limit_class in waiting_classes():
        assert reasons == ["LIMITS_UNCHECKED"] * 5
        decided = {Outcome.PASSED: 1, Outcome.UNCHECKED: 5}
    else:
        assert reasons == ["", "", "", "RATE_LIMITED", "RATE_LIMITED"]
        decided = {Outcome.PASSED: 1, Outcome.PASSED_ALONE: 3, Outcome.LIMITED_ALONE: 2}
    assert limiter.decisions == {(limit_class, one): times for one, times in decided.items()}
    assert await limiter.look(asked) is None


async def test_it_is_exact_again_when_redis_is_back(mortal: Valkey, opened: AsyncExitStack) -> None:
    limiter = Limiter(OwnCounters(), await counters_on(mortal, opened, seconds=0.1))
    mortal.kill()
    asked = of_class("exports")
    assert {await reason(limiter, asked) for _ in range(5)} == {"LIMITS_UNCHECKED"}
    await mortal.start()
    async with asyncio.timeout(10):
        while await reason(limiter, asked):  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.1)
    assert [await reason(limiter, asked) for _ in range(3)] == ["", "", "RATE_LIMITED"]


async def test_a_redis_that_hangs_delays_nobody(mortal: Valkey, opened: AsyncExitStack) -> None:
    limiter = Limiter(OwnCounters(), await counters_on(mortal, opened, seconds=0.1))
    asked = budgets(1000, limit_class="dashboards")
    await limiter.decide(asked, 1)
    mortal.halt()
    try:
        began = time.monotonic()
        first = await asyncio.gather(*(reason(limiter, asked) for _ in range(200)))
        assert time.monotonic() - began < 1
        began = time.monotonic()
        then = [await reason(limiter, asked) for _ in range(200)]
        assert time.monotonic() - began < 0.7
        assert set(first + then) == {""}
    finally:
        mortal.go_on()


async def test_a_process_on_its_own_counts_for_itself() -> None:
    limiter = Limiter(OwnCounters(), None)
    asked = of_class("exports")
    assert [await reason(limiter, asked) for _ in range(4)] == ["", "", "", "RATE_LIMITED"]
    verdict = await limiter.look(asked)
    assert verdict
    assert [standing.used for standing in verdict.standings] == [3, 3]
