"""Makes cells out of shorter and finer ones, and those out of facts.

Without a lock while it calculates. Cells are entered only if nothing was changed under them since;
writers number their changes with the workspace's lock, so the log of changes tells.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from services.warehouse.database import Database, Session
from services.warehouse.facts.changes import changes_since, fetch_horizon
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.kept import gone_facts_passed_over, times_before
from services.warehouse.rollups.kinds import calculable_from, kind_of
from services.warehouse.rollups.ledger import enter, lock_workspace, looked_at, spare
from services.warehouse.rollups.levels import ALL_SORTS, KEPT, OF_SLOTS, Level, Sort
from services.warehouse.rollups.spans import Span, Spans, between, spans_of, to_microseconds

# Of a busy workspace, what is rolled before anything happens, so that it can be added to.
AHEAD = timedelta(hours=2)
ATTEMPTS = 3
# Cells are worth their place where so many runs, in the mean, are in one.
WORTH = 8
# As many at once as a process has memory for: each takes some kilobytes of it.
MOST_CELLS = 50_000
# As many cells in a transaction as are written in some hundredths of a second.
FEW_CELLS, MANY_CELLS = 500, 2_000
LONG_AGO = -(2**61)


@dataclass(frozen=True)
class Progress:
    """How far cells of one sort are: microseconds of time that were asked for and missing, that
    are done, and that were changed again and again while they were rolled."""

    sort: Sort
    missing: int
    done: int = 0
    postponed: int = 0

    def plus(self, span: Span, *, is_done: bool) -> "Progress":
        length = span[1] - span[0]
        if is_done:
            return replace(self, done=self.done + length)
        return replace(self, postponed=self.postponed + length)


class Roller:
    """Rolls up what is missing. Whatever ends it, what was done stays, and the next goes on."""

    def __init__(self, database: Database, worth: int = WORTH, most: int = MOST_CELLS) -> None:
        """Spans with more cells than `most` get none: the facts, or other cells, tell of them."""
        self._database = database
        self._worth = worth
        self._most = most

    async def roll(
        self, workspace_id: str, asked: Interval | None = None, longest: Level = Level.WEEK
    ) -> AsyncIterator[Progress]:
        """What is over of an interval; without one, of all that there is."""
        for sort in (sort for sort in ALL_SORTS if sort.level.length <= longest.length):
            async with self._database.reading(workspace_id) as session:
                missing = await missing_of(session, sort, asked)
            progress = Progress(sort, missing.length)
            for span in missing:
                async for part, is_done in self._roll_span(workspace_id, sort, span):
                    progress = progress.plus(part, is_done=is_done)
                    yield progress
        await self._prepare(workspace_id)
        await self._roll_running_hour(workspace_id)

    async def roll_all(self, workspace_id: str, sort: Sort, spans: Spans) -> AsyncIterator[bool]:
        """Spans of a sort, however little there is in them. After each part, whether it is done."""
        for span in spans:
            pace = Pace(sort.whole.length)
            for part in pace.parts(span):
                cells = await self._roll_part(workspace_id, sort, part, 0)
                pace.adapt(cells or 0)
                yield cells is not None

    async def _roll_span(
        self, workspace_id: str, sort: Sort, whole: Span
    ) -> AsyncIterator[tuple[Span, bool]]:
        pace = Pace(sort.whole.length)
        for part in pace.parts(whole):
            cells = await self._roll_part(workspace_id, sort, part, self._worth)
            pace.adapt(cells or 0)
            yield part, cells is not None

    async def _roll_part(self, workspace_id: str, sort: Sort, span: Span, worth: int) -> int | None:
        """How many cells of runs would be as much work; None if the facts did not keep still."""
        kind = kind_of(sort)
        for _ in range(ATTEMPTS):
            async with self._database.reading(workspace_id) as session:
                revision, cells = session.revision, None
                with gone_facts_passed_over():
                    weight = await kind.weigh(session, sort, span)
                    heft = weight.cells * kind.heft
                    is_worth_it = weight.cells * worth <= weight.runs and heft <= self._most
                    cells = await kind.calculate(session, sort, span) if is_worth_it else []
            if cells is None:
                return None
            async with self._database.writing(workspace_id) as session:
                is_known = await lock_workspace(session)
                if is_known and await _has_passed(session, sort, span):
                    return None
                if is_known and await is_unchanged(session, kind.basis(span), revision):
                    await kind.table.replace(session, sort, span, cells)
                    await (enter if is_worth_it else spare)(session, sort, Spans((span,)))
                    return heft
        return None

    async def _prepare(self, workspace_id: str) -> None:
        """Lets writers add to the fine cells of this hour and the next, if in the last hour they
        would have been worth it."""
        async with self._database.reading(workspace_id) as session:
            hour = Level.HOUR.floor(to_microseconds(session.as_of))
            until = Level.HOUR.floor(to_microseconds(session.as_of + AHEAD))
            is_busy = await self._was_worth_it(session, KEPT, (hour - Level.HOUR.length, hour))
            missing = Spans(((hour, until),)) - session.rolled.get(KEPT, Spans())
        if is_busy:
            # One by one: the hour that runs hardly keeps still, the next one does.
            for start in reversed(Level.HOUR.starts(missing)):
                await self._roll_part(workspace_id, KEPT, (start, start + Level.HOUR.length), 0)

    async def _roll_running_hour(self, workspace_id: str) -> None:
        """Its slots that are over, where those of the last hour were worth it: what most intervals
        end with."""
        async with self._database.reading(workspace_id) as session:
            now = to_microseconds(session.as_of)
            hour = Level.HOUR.floor(now)
            over = spans_of([(hour, Level.SLOT.floor(now))])
            missing = {
                sort: over - session.rolled.get(sort, Spans())
                for sort in OF_SLOTS
                if await self._was_worth_it(session, sort, (hour - Level.HOUR.length, hour))
            }
        for sort, spans in missing.items():
            for span in spans:
                await self._roll_part(workspace_id, sort, span, 0)

    async def _was_worth_it(self, session: Session, sort: Sort, span: Span) -> bool:
        weight = await kind_of(sort).weigh(session, sort, span)
        return weight.cells > 0 and weight.cells * self._worth <= weight.runs


@dataclass
class Pace:
    """As much time as makes a good number of cells."""

    unit: int
    units: int = 1

    def parts(self, span: Span) -> Iterator[Span]:
        """Of a span, one after the other, each as long as is good by then."""
        start, end = span
        while start < end:
            part = (start, min(start + self.unit * self.units, end))
            yield part
            start = part[1]

    def adapt(self, cells: int) -> None:
        if cells < FEW_CELLS:
            self.units = min(self.units * 2, 1_000)
        elif cells > MANY_CELLS:
            self.units = max(self.units // 2, 1)


async def missing_of(session: Session, sort: Sort, asked: Interval | None = None) -> Spans:
    """What is over and not rolled up; of an interval, or of all that there is."""
    wanted = sort.whole.around(await _wanted(session, sort, asked))
    over = Spans(((LONG_AGO, sort.whole.floor(to_microseconds(session.as_of))),))
    fixed = times_before(calculable_from(sort, session.horizon))
    return (wanted & over) - (await looked_at(session, sort)) - fixed


async def _wanted(session: Session, sort: Sort, asked: Interval | None) -> Spans:
    if asked is not None:
        return between(asked.start, asked.end)
    first = await kind_of(sort).first(session)
    return between(first, session.as_of) if first else Spans()


async def _has_passed(session: Session, sort: Sort, span: Span) -> bool:
    """With the lock: whether the horizon came into the span since. That is no change of facts, but
    the cells before it stay as they are, or go."""
    fixed = times_before(calculable_from(sort, await fetch_horizon(session)))
    return bool(Spans((span,)) & fixed)


async def is_unchanged(session: Session, span: Span, revision: int) -> bool:
    changes = await changes_since(session, revision)
    touched = spans_of((to_microseconds(a), to_microseconds(b)) for a, b in changes.spans)
    return changes.complete and not touched & Spans((span,))
