"""Whatever happens in whatever order: an answer was true at a moment that is recent enough."""

import asyncio
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.runtime.cache.change_log import Change
from services.runtime.cache.shared import SharedTier
from tests.support.cache import AHEAD, PAST, Replica, World
from tests.support.shared_tier import InMemory

WORKSPACES = ("acme", "other")
HOURS = st.integers(0, 5)
SPANS = st.sampled_from([(PAST, 2), (1, 4), (3, 6), (PAST, AHEAD), (2, AHEAD)])
STEPS = st.one_of(
    st.tuples(st.just("record"), st.sampled_from(WORKSPACES), HOURS),
    st.tuples(st.just("ask"), st.integers(0, 1), st.sampled_from(WORKSPACES), SPANS, st.booleans()),
    st.tuples(st.just("tell")),
    st.tuples(st.just("lose")),
    st.tuples(st.just("forget")),
)
"""What may happen: news are told to replicas, in any number, or lost with the connection."""


class Play:
    """Replicas over one world, and what was true at any time of it."""

    def __init__(self, kept_changes: int, shared: SharedTier | None) -> None:
        self.world = World(kept_changes=kept_changes)
        self.replicas = [Replica.of(self.world, shared, cache_entries=3) for _ in range(2)]
        self.untold: list[tuple[str, list[Change]]] = []
        self.history: list[dict[str, Counter[int]]] = [{}]

    async def act(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("record", workspace, hour):
                self.untold.append((workspace, self.world.record(workspace, hour)))
                self.history.append({w: Counter(f) for w, f in self.world.facts.items()})
            case ("ask", number, workspace, (first, behind), fresh):
                await self.check(self.replicas[number], workspace, first, behind, fresh=fresh)
            case ("tell",):
                self.tell()
            case ("lose",):
                self.untold.clear()
                self.doubt()
            case ("forget",):
                self.replicas[0].cache.forget("acme:*")

    def tell(self) -> None:
        # Not in order: two revisions may be told the wrong way round.
        for workspace, changes in reversed(self.untold):
            for replica in self.replicas:
                replica.cache.touch(workspace, changes)
        self.untold.clear()

    def doubt(self) -> None:
        for replica in self.replicas:
            replica.cache.resume()

    async def check(
        self, replica: Replica, workspace: str, first: int, behind: int, *, fresh: bool
    ) -> None:
        told = await replica.count(workspace, first, behind, staleness=0 if fresh else None)
        is_exact = fresh or (behind != AHEAD and not self.untold)
        possible = self.history[-1:] if is_exact else self.history
        assert told in {count(facts.get(workspace), first, behind) for facts in possible}


def count(facts: Counter[int] | None, first: int, behind: int) -> int:
    return sum(n for hour, n in (facts or {}).items() if first <= hour < behind)


async def played(steps: list[tuple[Any, ...]], kept: int, *, shares: bool) -> None:
    play = Play(kept, InMemory() if shares else None)
    for step in steps:
        await play.act(step)


@given(st.lists(STEPS, max_size=40), st.sampled_from([2, 5_000]), st.booleans())
@settings(max_examples=400, deadline=None)
def test_what_is_told_was_true(steps: list[tuple[Any, ...]], kept: int, shares: bool) -> None:
    """Closed times are exact once the news are told, everything is when asked for fresh."""
    asyncio.run(played(steps, kept, shares=shares))
