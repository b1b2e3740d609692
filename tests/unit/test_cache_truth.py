"""Whatever happens in whatever order: an answer was true at a moment that is recent enough."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import cycle
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from services.runtime.cache import cache, changes, entry, memory
from services.runtime.cache.change_log import Change, News
from services.runtime.cache.question import Answer
from services.runtime.cache.shared import SharedTier
from tests.support.cache import AHEAD, PAST, Replica, World
from tests.support.shared_tier import InMemory

WORKSPACES = ("acme", "acme", "acme", "other")
STALENESS = 10.0
HOURS = st.integers(0, 5)
SLIDING = (-1, AHEAD)
"""From an hour on that depends on when it is asked, see first_hour."""
SLIDES_AFTER = 15.0
SPANS = st.sampled_from([(PAST, 2), (1, 4), (3, 6), (PAST, AHEAD), SLIDING])
STEPS = st.one_of(
    st.tuples(st.just("record"), st.sampled_from(WORKSPACES), HOURS),
    st.tuples(st.just("ask"), st.integers(0, 1), st.sampled_from(WORKSPACES), SPANS, st.booleans()),
    st.tuples(st.just("news"), st.sampled_from(WORKSPACES), HOURS),
    st.tuples(st.just("tell")),
    st.tuples(st.just("lose")),
    st.tuples(st.just("forget")),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 6.0, 11.0])),
)
"""What may happen: news are told to replicas, in any number, or lost with the connection."""
PACED = st.lists(st.tuples(STEPS, st.integers(0, 6)), min_size=20, max_size=60)
"""Steps, and how often the loop comes round before the next: others are under way meanwhile."""


class Clock:
    """Goes on when it is told to, and a little whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        self.now += 1e-5
        return self.now


@contextmanager
def by(clock: Clock) -> Iterator[None]:
    with ExitStack() as stack:
        for module in (cache, changes, entry, memory):
            stack.enter_context(
                patch.object(module, "time", SimpleNamespace(monotonic=clock, time=clock))
            )
        yield


class SlowWorld(World):
    """Looks at facts and log at some moment of a call, neither its first nor its last."""

    def __init__(self, clock: Clock, kept_changes: int) -> None:
        super().__init__(kept_changes=kept_changes)
        self._clock = clock
        self._rounds = cycle([0, 9, 1, 4, 15])

    async def since(self, workspace_id: str, revision: int) -> News:
        await self.pause()
        news = await super().since(workspace_id, revision)
        await self.pause()
        return news

    async def answer(
        self, workspace_id: str, first: int, behind: int, *, until: datetime | None = None
    ) -> Answer:
        if (first, behind) == SLIDING:
            first, until = first_hour(self._clock.now), next_slide(self._clock.now)
        await self.pause()
        answer = await super().answer(workspace_id, first, behind, until=until)
        await self.pause()
        return answer

    async def pause(self) -> None:
        await come_round(next(self._rounds))


def first_hour(now: float) -> int:
    return int(now // SLIDES_AFTER) % 3


def next_slide(now: float) -> datetime:
    return datetime.fromtimestamp((now // SLIDES_AFTER + 1) * SLIDES_AFTER, UTC)


async def come_round(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


class Play:
    """Replicas over one world, and what was true from which time on."""

    def __init__(self, clock: Clock, kept_changes: int, shared: SharedTier | None) -> None:
        self.clock = clock
        self.world = SlowWorld(clock, kept_changes)
        self.replicas = [
            Replica.of(self.world, shared, cache_entries=3, cache_staleness_seconds=STALENESS)
            for _ in range(2)
        ]
        self.untold: list[tuple[str, list[Change]]] = []
        self.history: list[tuple[float, dict[str, Counter[int]]]] = [(0.0, {})]

    def act(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("record", workspace, hour):
                self.untold.append((workspace, self.world.record(workspace, hour)))
                facts = {w: Counter(f) for w, f in self.world.facts.items()}
                self.history.append((self.clock(), facts))
            case ("news", workspace, hour):
                self.act(("record", workspace, hour))
                self.tell()
            case ("tell",):
                self.tell()
            case ("lose",):
                self.untold.clear()
                self.doubt()
            case ("forget",):
                self.replicas[0].cache.forget("acme:*")
            case ("wait", seconds):
                self.clock.now += seconds

    def tell(self) -> None:
        # Not in order: two revisions may be told the wrong way round.
        for workspace, told in reversed(self.untold):
            for replica in self.replicas:
                replica.cache.touch(workspace, told)
        self.untold.clear()

    def doubt(self) -> None:
        for replica in self.replicas:
            replica.cache.resume()

    async def check(self, number: int, workspace: str, span: tuple[int, int], fresh: bool) -> None:
        is_exact = fresh or (span[1] != AHEAD and not self.untold)
        since = self.clock() - (0 if is_exact else STALENESS)
        told = await self.replicas[number].count(workspace, *span, staleness=0 if fresh else None)
        spans = {span} if span != SLIDING else self.meant_since(since)
        true = self.true_since(since)
        assert told in {facts_of(one, workspace, *meant) for one in true for meant in spans}

    def meant_since(self, moment: float) -> set[tuple[int, int]]:
        slides = range(int(moment // SLIDES_AFTER), int(self.clock.now // SLIDES_AFTER) + 1)
        return {(first_hour(slide * SLIDES_AFTER), AHEAD) for slide in slides}

    def true_since(self, moment: float) -> list[dict[str, Counter[int]]]:
        """What was true at that moment, and whatever became true after it."""
        began = max(number for number, (at, _) in enumerate(self.history) if at <= moment)
        return [facts for _, facts in self.history[began:]]


def facts_of(all_facts: dict[str, Counter[int]], workspace: str, first: int, behind: int) -> int:
    facts = all_facts.get(workspace) or {}
    return sum(n for hour, n in facts.items() if first <= hour < behind)


async def played(steps: list[tuple[tuple[Any, ...], int]], play: Play) -> None:
    async with asyncio.TaskGroup() as asking:
        for step, rounds in steps:
            match step:
                case ("ask", number, workspace, span, fresh):
                    asking.create_task(play.check(number, workspace, span, fresh))
                case _:
                    play.act(step)
            await come_round(rounds)


@given(PACED, st.sampled_from([2, 5_000]), st.booleans())
@settings(max_examples=800, deadline=None)
def test_what_is_told_was_true(
    steps: list[tuple[tuple[Any, ...], int]], kept: int, shares: bool
) -> None:
    """Closed times are exact once the news are told, everything is when asked for fresh, and
    nothing is older than it may be."""
    clock = Clock()
    with by(clock):
        asyncio.run(played(steps, Play(clock, kept, InMemory() if shares else None)))
