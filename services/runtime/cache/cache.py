"""Answers that were given before, as long as they are true.

An answer is served while it is known to be true at a moment that is recent enough. Later than
that, one look at the workspace's log of changes tells whether it still is; only if its facts were
touched, or it is about a later time by now, is it calculated again.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from fnmatch import fnmatchcase
from functools import partial

from services.runtime.bus.event import BusEvent
from services.runtime.cache.change_log import Change
from services.runtime.cache.changes import Changes, have_touched
from services.runtime.cache.entry import Began, Entry, new_entry
from services.runtime.cache.flights import Flights
from services.runtime.cache.memory import ProcessTier
from services.runtime.cache.news import changes_told_by
from services.runtime.cache.question import Answer, Basis, Key, Question
from services.runtime.cache.shared import Forgotten, SharedTier
from services.runtime.cache.statistics import Event, Figures, Outcome, Statistics
from services.runtime.freshness import OutdatedSourceError, content_with
from services.runtime.settings import Settings
from services.runtime.telemetry.running import within
from services.runtime.telemetry.shapes import INTERNAL, Shape

Calculate = Callable[[], Awaitable[Answer]]
Found = tuple[Entry, Outcome]

# XFetch: -cost * ln(random) is hardly ever more than so many times the cost.
EARLIEST = 12
LOOK, OUTCOME = Shape("cache", INTERNAL), "shadower.cache.outcome"
HIT = Outcome.HIT.value


class Cache:
    """Two tiers of answers, of which the shared one may be missing at any time."""

    def __init__(
        self, settings: Settings, changes: Changes, shared: SharedTier, statistics: Statistics
    ) -> None:
        self.staleness = settings.cache_staleness_seconds
        self._lifetime = settings.cache_lifetime_seconds
        self._longest = settings.deadline_seconds
        evicted = partial(statistics.note, Event.EVICTED)
        self._process = ProcessTier(settings.cache_entries, settings.cache_bytes, evicted)
        self._changes = changes
        self.shared = shared
        self._flights: Flights[Found] = Flights(settings.max_concurrent_calls)
        self.statistics = statistics
        self._generation = 0

    async def reply(self, question: Question, calculate: Calculate) -> bytes:
        """The answer in the bytes of its message. Raises what `calculate` raises."""
        hit = self.at_once(question, calculate)
        if hit is not None:
            return hit
        needed = time.monotonic() - question.staleness
        with within(LOOK) as span:
            entry, outcome = await self._found(question, calculate, needed)
            span.set(OUTCOME, outcome.value)
        return entry.reply

    def at_once(self, question: Question, calculate: Calculate) -> bytes | None:
        """The same if it is there and recent enough; else None."""
        entry, now = self._process.get(question.key), time.monotonic()
        if entry is None or entry.moment < now - question.staleness:
            return None
        self.statistics.hits[question.key.method] += 1
        with within(LOOK) as span:
            span.set(OUTCOME, HIT)
        if self._is_about_to_expire(entry, now):
            self._refresh(question, calculate, entry)
        return entry.reply

    def forget(self, pattern: str) -> int:
        """Drops what this process has of the keys that match, see fnmatch; how many. What is under
        way keeps to those who wait for it."""
        self._generation += 1
        dropped = self._process.drop_where(lambda key: fnmatchcase(str(key), pattern))
        self.statistics.note(Event.INVALIDATED, dropped)
        return dropped

    async def forget_everywhere(self, pattern: str) -> Forgotten:
        """Drops it in every replica that can be reached, and what they share. A key, as text, is
        a pattern too."""
        here = self.forget(pattern)
        shared = await self.shared.forget(pattern)
        # What was found in the shared tier meanwhile is as old.
        return Forgotten(here + self.forget(pattern), shared)

    def touch(self, workspace_id: str, changes: Sequence[Change]) -> None:
        """Drops answers that only late facts can change, now that there are some. Others age."""
        self._changes.hear(workspace_id, changes)
        dropped = self._process.drop_in(
            workspace_id, lambda entry: entry.is_closed and have_touched(changes, entry)
        )
        self.statistics.note(Event.DROPPED, dropped)

    async def hear(self, event: BusEvent) -> None:
        self.touch(event.workspace_id, changes_told_by(event))

    def resume(self) -> None:
        """News may have been missed: every answer must be proven again before it is served. What is
        under way keeps to those who wait for it."""
        self._generation += 1
        self._changes.doubt()
        self._process.doubt()

    def figures(self) -> Figures:
        return Figures(
            methods=self.statistics.by_method(),
            events=self.statistics.events,
            entries=len(self._process),
            bytes=self._process.bytes,
            under_way=len(self._flights),
            shared_state=self.shared.state,
        )

    @property
    def is_busy(self) -> bool:
        return len(self._flights) > 0

    async def end(self) -> None:
        await self._flights.end()
        await self._changes.end()

    async def _found(self, question: Question, calculate: Calculate, needed: float) -> Found:
        """Whoever joins one who is content with less, or who began before news that were told by
        now, finds out and begins again."""
        is_older = self._flights.is_under_way(self._flight(question))
        while True:
            flight = self._flight(question)
            joins = self._flights.is_under_way(flight)
            find = partial(self._find, question, calculate, needed)
            entry, outcome = await self._flights.join(flight, find)
            if entry.moment >= needed and not (
                is_older and self._is_overtaken(question.key, entry)
            ):
                outcome = Outcome.JOINED if joins else outcome
                self.statistics.count(question.key.method, outcome)
                return entry, outcome
            is_older = False

    async def _find(self, question: Question, calculate: Calculate, needed: float) -> Found:
        generation = self._generation
        async with asyncio.timeout(self._longest):
            entry, outcome = await self._kept_or_calculated(question, calculate, needed)
        if generation == self._generation:
            self._keep(question.key, entry)
        return entry, outcome

    def _flight(self, question: Question) -> Hashable:
        """Nobody joins what began before something was forgotten or doubted."""
        return question.key, self._generation

    async def _kept_or_calculated(
        self, question: Question, calculate: Calculate, needed: float
    ) -> Found:
        kept = self._process.get(question.key)
        if kept is not None and await self._is_true(question, kept, needed):
            return kept, Outcome.CONFIRMED
        async with self.shared.turn(str(question.key)) as turn:
            async for shared in turn.answers():
                if await self._is_true(question, shared, needed):
                    return shared, Outcome.SHARED
            entry = await self._calculated(calculate, needed)
            await turn.tell(entry)
        return entry, Outcome.CALCULATED

    async def _is_true(self, question: Question, entry: Entry, needed: float) -> bool:
        if entry.is_over or entry.moment >= needed:
            return entry.moment >= needed
        return await self._changes.prove(question.key.workspace_id, entry, needed)

    async def _calculated(self, calculate: Calculate, needed: float) -> Entry:
        """From what has all that was committed by the moment that is needed."""
        began = Began.now()
        with content_with(needed) as freshness:
            try:
                answer = await calculate()
            except OutdatedSourceError:
                return await self._calculated(calculate, math.inf)
        lifetime = self._lifetime_of(answer.basis)
        return new_entry(answer, began, freshness.moment(began.moment), lifetime)

    def _lifetime_of(self, basis: Basis) -> float:
        if basis.until is None:
            return self._lifetime
        return max(0.0, basis.until.timestamp() - time.time()) + self.staleness

    def _keep(self, key: Key, entry: Entry) -> None:
        """Unless news came meanwhile that it does not contain."""
        if not self._is_overtaken(key, entry):
            self._process.put(key, entry)

    def _is_overtaken(self, key: Key, entry: Entry) -> bool:
        return entry.is_closed and self._changes.has_heard_of(key.workspace_id, entry)

    def _is_about_to_expire(self, entry: Entry, now: float) -> bool:
        """Drawn by lot, so that one of many callers calculates before all of them must wait. It
        has to be done by then, not begun."""
        left = entry.moment + self.staleness - entry.cost - now
        return left < entry.cost * EARLIEST and left < -entry.cost * math.log(
            1.0 - random.random()  # noqa: S311 - a lot, no secret
        )

    def _refresh(self, question: Question, calculate: Calculate, kept: Entry) -> None:
        """Content with what another replica has begun since this one is past its half."""
        flight = self._flight(question)
        if self._flights.has_room and not self._flights.is_under_way(flight):
            self.statistics.note(Event.REFRESHED_EARLY)
            find = partial(self._find, question, calculate, (kept.moment + time.monotonic()) / 2)
            self._flights.start(flight, find)
