"""What of the time that is over is not rolled up yet, of all workspaces, and for how long."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import structlog

from services.runtime.faults import Fault
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.tallies import Labels
from services.warehouse.database import Database
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.rolling import missing_of
from services.warehouse.rollups.spans import Spans

# The last of each level that is rolled.
LOOKED_AT = tuple(Sort(level, Cuboid.WORKSPACE) for level in (Level.HOUR, Level.DAY, Level.WEEK))
PAUSE_SECONDS = 60.0
# However many workspaces there are, looking is a small part of the time.
PAUSES_PER_LOOK = 20
MICROSECONDS = 1_000_000

Pages = Callable[[], AsyncIterator[list[str]]]
Key = tuple[str, Sort]


@dataclass(frozen=True)
class _Waiting:
    """Times that were missing when they were first seen, and are since."""

    spans: Spans
    since: float


@dataclass
class _Sums:
    missing: dict[Sort, int] = field(default_factory=lambda: dict.fromkeys(LOOKED_AT, 0))
    waiting: dict[Key, _Waiting] = field(default_factory=dict)


class RollupLag:
    """Goes through the workspaces again and again. What was missing before the process began counts
    from its first look."""

    def __init__(
        self, database: Database, pages: Pages, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._pages = pages
        self._clock = clock
        self._known: _Sums | None = None
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
        if known is not None:
            for sort, length in known.missing.items():
                yield (str(sort.level),), length / MICROSECONDS

    def lag(self) -> Iterable[tuple[Labels, float]]:
        known, now = self._known, self._clock()
        if known is None:
            return
        for sort in LOOKED_AT:
            since = [one.since for (_, of), one in known.waiting.items() if of == sort]
            yield (str(sort.level),), now - min(since, default=now)

    async def follow(self) -> None:
        """As long as the process lives. While the database is away, nothing is told."""
        while True:
            began = time.monotonic()
            try:
                self._known = await self.looked()
            except (Fault, TimeoutError) as away:
                self._known = None
                structlog.get_logger("rollups").warning("lag is not known", error=str(away))
            took = time.monotonic() - began
            await asyncio.sleep(max(PAUSE_SECONDS, PAUSES_PER_LOOK * took))

    async def look(self) -> None:
        """Once."""
        self._known = await self.looked()

    async def looked(self) -> _Sums:
        sums = _Sums()
        async for page in self._pages():
            for workspace_id in page:
                await self._look_at(workspace_id, sums)
        return sums

    async def _look_at(self, workspace_id: str, sums: _Sums) -> None:
        async with self._database.reading(workspace_id) as session:
            found = {sort: await missing_of(session, sort) for sort in LOOKED_AT}
        for sort, missing in found.items():
            sums.missing[sort] += missing.length
            if missing:
                sums.waiting[workspace_id, sort] = self._waiting((workspace_id, sort), missing)

    def _waiting(self, key: Key, missing: Spans) -> _Waiting:
        """What was rolled meanwhile and is missing again waits anew."""
        known = self._known.waiting.get(key) if self._known else None
        left = known.spans & missing if known else Spans()
        return _Waiting(left, known.since) if known and left else _Waiting(missing, self._clock())
