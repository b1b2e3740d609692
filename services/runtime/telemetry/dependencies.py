"""What a process stands on, as it finds it itself: looked at again and again, told at any time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from services.runtime.telemetry.tallies import Labels

Check = Callable[[], Awaitable[str]]
"""Answers with what is wrong, or with "" if nothing is. Must not raise."""

PAUSE_SECONDS = 5.0
ROUND_SECONDS = 0.25
LONGEST_SECONDS = 3.0
MOST_REASON = 300


@dataclass(frozen=True)
class Found:
    """How something was found, and since when it is so."""

    name: str
    trouble: str
    since: datetime
    checked_at: datetime
    seconds: float

    @property
    def is_up(self) -> bool:
        return not self.trouble


class Dependencies:
    """By names from a closed set: postgresql, postgresql_replica, redis, kafka, objects and
    collector."""

    def __init__(self) -> None:
        self._checks: dict[str, tuple[Check, float]] = {}
        self._due: dict[str, float] = {}
        self._found: dict[str, Found] = {}
        self._told: dict[str, bool] = {}

    def add(self, name: str, check: Check, pause: float = PAUSE_SECONDS) -> None:
        """The first of a name counts: a process asks each server in one way."""
        self._checks.setdefault(name, (check, pause))

    @contextmanager
    def on(self, name: str, check: Check, pause: float = PAUSE_SECONDS) -> Iterator[None]:
        """The same for as long as what is asked is open."""
        self.add(name, check, pause)
        try:
            yield
        finally:
            # Another one of the name may have been first.
            if self._checks.get(name) == (check, pause):
                del self._checks[name]
                self._forget(name)

    def _forget(self, name: str) -> None:
        """What is closed is neither up nor away."""
        self._due.pop(name, None)
        self._found.pop(name, None)
        self._told.pop(name, None)

    def found(self) -> Iterable[Found]:
        """Those that were looked at, by name."""
        return sorted(self._found.copy().values(), key=lambda one: one.name)

    def trouble(self, name: str) -> str:
        found = self._found.get(name)
        return found.trouble if found else "not looked at yet"

    def up(self) -> Iterable[tuple[Labels, float]]:
        return [((one.name,), float(one.is_up)) for one in self.found()]

    def latency(self) -> Iterable[tuple[Labels, float]]:
        return [((one.name,), one.seconds) for one in self.found()]

    async def follow(self) -> None:
        """As long as the process lives."""
        while True:
            now = time.monotonic()
            due = [name for name in self._checks if self._due.get(name, 0) <= now]
            await asyncio.gather(*(self._look(name, *self._checks[name]) for name in due))
            await asyncio.sleep(ROUND_SECONDS)

    async def _look(self, name: str, check: Check, pause: float) -> None:
        self._due[name] = time.monotonic() + pause
        began = time.perf_counter()
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                trouble = await check()
        except TimeoutError:
            trouble = f"no answer within {LONGEST_SECONDS:g} s"
        if self._checks.get(name) == (check, pause):
            self.note(name, trouble, time.perf_counter() - began)

    def note(self, name: str, trouble: str, seconds: float) -> None:
        """Also by whoever finds it out by itself, in whichever thread."""
        now, known = datetime.now(UTC), self._found.get(name)
        is_as_before = known is not None and known.is_up == (not trouble)
        # Not of what is away at the first look: a process that cannot start says that alone.
        if known and self._told.get(name) != (not trouble):
            self._told[name] = not trouble
            _log(name, trouble)
        since = known.since if known and is_as_before else now
        self._found[name] = Found(name, trouble[:MOST_REASON], since, now, seconds)


def _log(name: str, trouble: str) -> None:
    log = structlog.get_logger("health").bind(dependency=name)
    if trouble:
        log.warning("dependency is away", trouble=trouble)
    else:
        log.info("dependency is there")
