"""What of the time that is over is not rolled up yet, of all workspaces, and for how long."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import structlog

from services.runtime.faults import Fault
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.tallies import Labels
from services.warehouse.database import Database, Session
from services.warehouse.rollups.ledger import unchanged_since
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.rolling import missing_of
from services.warehouse.rollups.spans import Spans, to_time

# The last of each level that is rolled.
LOOKED_AT = tuple(Sort(level, Cuboid.WORKSPACE) for level in (Level.HOUR, Level.DAY, Level.WEEK))
PAUSE_SECONDS = 60.0
# However many workspaces there are, looking is a small part of the time.
PAUSES_PER_LOOK = 20
MICROSECONDS = 1_000_000

Pages = Callable[[], AsyncIterator[list[str]]]
Key = tuple[str, Sort]


@dataclass(frozen=True)
class _Found:
    """What is missing, and for how many seconds at least, as the ledger tells."""

    spans: Spans
    seconds: float


@dataclass(frozen=True)
class _Waiting:
    """Times that are missing at least since then."""

    spans: Spans
    since: float


@dataclass
class _Sums:
    missing: dict[Sort, int] = field(default_factory=lambda: dict.fromkeys(LOOKED_AT, 0))
    waiting: dict[Key, _Waiting] = field(default_factory=dict)


class RollupLag:
    """Goes through the workspaces again and again. What was missing before the process began waits
    since it was over or, if later, since anything of its sort was rolled up or changed: it may not
    have been missing before."""

    def __init__(
        self, database: Database, pages: Pages, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._pages = pages
        self._clock = clock
        self._known: _Sums | None = None
        self._is_away = False
        measured = instruments()
        measured.gauge(
            "shadower.rollup.missing",
            "s",
            "Time that is over and not rolled up, of all workspaces together",
            ("level",),
            self.missing,
        )
        measured.gauge(
            "shadower.rollup.lag",
            "s",
            "For how long the oldest time that is not rolled up has waited",
            ("level",),
            self.lag,
        )

    def missing(self) -> Iterable[tuple[Labels, float]]:
        known = self._known
        if known is not None and not self._is_away:
            for sort, length in known.missing.items():
                yield (str(sort.level),), length / MICROSECONDS

    def lag(self) -> Iterable[tuple[Labels, float]]:
        known, now = self._known, self._clock()
        if known is None or self._is_away:
            return
        for sort in LOOKED_AT:
            since = [one.since for (_, of), one in known.waiting.items() if of == sort]
            yield (str(sort.level),), now - min(since, default=now)

    async def follow(self) -> None:
        """As long as the process lives. While the database is away, nothing is told."""
        while True:
            began = time.monotonic()
            try:
                await self.look()
            except (Fault, TimeoutError) as away:
                self._is_away = True
                structlog.get_logger("rollups").warning("lag is not known", error=str(away))
            took = time.monotonic() - began
            await asyncio.sleep(max(PAUSE_SECONDS, PAUSES_PER_LOOK * took))

    async def look(self) -> None:
        """Once."""
        self._known = await self.looked()
        self._is_away = False

    async def looked(self) -> _Sums:
        sums = _Sums()
        async for page in self._pages():
            for workspace_id in page:
                await self._look_at(workspace_id, sums)
        return sums

    async def _look_at(self, workspace_id: str, sums: _Sums) -> None:
        async with self._database.reading(workspace_id) as session:
            found = {sort: await _found(session, sort) for sort in LOOKED_AT}
        for sort, one in found.items():
            sums.missing[sort] += one.spans.length
            if one.spans:
                sums.waiting[workspace_id, sort] = self._waiting((workspace_id, sort), one)

    def _waiting(self, key: Key, found: _Found) -> _Waiting:
        """What was rolled meanwhile and is missing again waits anew."""
        since = self._clock() - found.seconds
        known = self._known.waiting.get(key) if self._known else None
        left = known.spans & found.spans if known else Spans()
        if known and left:
            return _Waiting(left, min(known.since, since))
        return _Waiting(found.spans, since)


async def _found(session: Session, sort: Sort) -> _Found:
    missing = await missing_of(session, sort)
    if not missing:
        return _Found(missing, 0.0)
    first_is_over = to_time(missing.spans[0][0] + sort.whole.length)
    since = max(first_is_over, await unchanged_since(session, sort) or first_is_over)
    return _Found(missing, max((session.as_of - since).total_seconds(), 0.0))
