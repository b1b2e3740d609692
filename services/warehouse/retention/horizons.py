"""Moves on from when on a workspace has facts and cells.

A horizon moves with the workspace's lock, and only if cells stand for all that lies before it: then
nobody changes that any more, since whoever logs a change finds the horizon moved. Facts are removed
after that, at leisure.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from services.warehouse.database import Database, Session
from services.warehouse.facts.changes import fetch_horizon
from services.warehouse.facts.horizon import UNDER_WAY, Horizon
from services.warehouse.queries.kept import times_before
from services.warehouse.retention.removing import Work
from services.warehouse.rollups.kinds import kind_of
from services.warehouse.rollups.ledger import (
    agreeing,
    enter,
    first_point,
    first_run,
    lock_workspace,
    take_sort,
)
from services.warehouse.rollups.levels import (
    OF_POINTS,
    OF_SLOTS,
    PROFILES,
    SORTS,
    Cuboid,
    Level,
    Sort,
)
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import Spans, between, spans_of, to_microseconds
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
# Facts from before nobody takes.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
NEVER = timedelta()
OF_DAYS = tuple(Sort(Level.DAY, cuboid) for cuboid in (Cuboid.FINE, Cuboid.PROFILE, Cuboid.METRIC))

First = Callable[[Session], Awaitable[datetime | None]]


@dataclass(frozen=True)
class FactTime:
    """Facts of a kind: their horizon, the oldest of them, and the sorts of cells from which all
    others follow. They are needed for so long after their horizon."""

    column: str
    first: First
    sorts: tuple[Sort, ...] = ()
    needed: timedelta = NEVER


async def first_event(session: Session) -> datetime | None:
    found: datetime | None = await session.connection.fetchval(
        QUERIES["first_event"], session.workspace_id
    )
    return found


async def first_run_or_span(session: Session) -> datetime | None:
    """Of spans, the oldest may be older than any run."""
    span = await session.connection.fetchval(QUERIES["first_span"], session.workspace_id)
    return min(filter(None, (span, await first_run(session))), default=None)


RUNS = FactTime(
    "runs_from",
    first_run_or_span,
    (Sort(Level.HOUR, Cuboid.FINE), Sort(Level.HOUR, Cuboid.PROFILE)),
    UNDER_WAY,
)
POINTS = FactTime("points_from", first_point, (Sort(Level.HOUR, Cuboid.METRIC),))
EVENTS = FactTime("events_from", first_event)


class Standing(Enum):
    """Whether there are facts of a kind from before a time: none that anybody needs, some that
    have to go first, or only such as are needed until the horizon moves the next day."""

    NOTHING = auto()
    LEFT = auto()
    TOMORROW = auto()


class Horizons:
    """Of all workspaces, one at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._roller = Roller(database)

    async def of(self, workspace_id: str) -> Horizon:
        async with self._database.writing(workspace_id) as session:
            return await fetch_horizon(session)

    async def move_facts(
        self, work: Work, workspace_id: str, kind: FactTime, until: datetime
    ) -> None:
        """As far as there are facts to remove, and cells for them."""
        async with self._database.reading(workspace_id) as session:
            known = getattr(session.horizon, kind.column)
            oldest = await kind.first(session)
        if oldest is None or oldest >= until - kind.needed or (known and known >= until):
            return
        # What lies before the horizon has its cells, and perhaps no facts any more.
        wanted = between(known or oldest, until)
        for sort in kind.sorts:
            if not await self._roll(work, workspace_id, sort, wanted):
                return
        async with self._database.writing(workspace_id) as session:
            await lock_workspace(session)
            if not await self._have_cells(session, kind, until):
                work.remaining = True
                return
            await _begin(session, kind, until)
            for sort in OF_SLOTS if kind is RUNS else ():
                await take_sort(session, sort, times_before(until))
            await _move(session, kind.column, until)

    async def move_hours(self, work: Work, workspace_id: str, until: datetime) -> None:
        """Days have to stand for them."""
        async with self._database.reading(workspace_id) as session:
            has_old = await _has_cells(session, NOT_OF_DAYS, until)
            old = {
                sort: _days_of(
                    sort,
                    session.rolled.get(Sort(Level.HOUR, sort.cuboid), Spans()),
                    session.horizon,
                    until,
                )
                for sort in OF_DAYS
            }
        for sort, days in old.items() if has_old else ():
            if not await self._roll(work, workspace_id, sort, days):
                return
        if has_old:
            await self._give_up(work, workspace_id, "hours_from", until, NOT_OF_DAYS)

    async def move_days(self, work: Work, workspace_id: str, until: datetime) -> None:
        async with self._database.reading(workspace_id) as session:
            has_old = await _has_cells(session, ALL, until)
        if has_old:
            await self._give_up(work, workspace_id, "days_from", until, ALL)

    async def _give_up(
        self, work: Work, workspace_id: str, column: str, until: datetime, sorts: Sequence[Sort]
    ) -> None:
        """Cells from before a time, where there are no facts any more."""
        async with self._database.writing(workspace_id) as session:
            await lock_workspace(session)
            standing = [await _standing(session, kind, until) for kind in (RUNS, POINTS)]
            if Standing.TOMORROW in standing:
                return
            if Standing.LEFT in standing or not await _have_days(session, until):
                work.remaining = True
                return
            for kind in (RUNS, POINTS):
                await _begin(session, kind, until)
            for sort in sorts:
                await take_sort(session, sort, times_before(until))
            for moved in IMPLIED[column]:
                await _move(session, moved, until)

    async def _roll(self, work: Work, workspace_id: str, sort: Sort, wanted: Spans) -> bool:
        """False if time is over, or facts do not keep still."""
        async with self._database.reading(workspace_id) as session:
            agreed = session.rolled.get(sort, Spans())
        missing = sort.whole.around(wanted) - agreed
        async for is_done in self._roller.roll_all(workspace_id, sort, missing):
            if not (is_done and work.has_time):
                work.remaining = True
                return False
        return True

    async def _have_cells(self, session: Session, kind: FactTime, until: datetime) -> bool:
        """With the lock: facts may have come for older hours meanwhile."""
        oldest = await kind.first(session)
        known = getattr(await fetch_horizon(session), kind.column)
        first = known or oldest
        wanted = Level.HOUR.around(between(first, until)) if first else Spans()
        missing = [bool(wanted - await agreeing(session, sort)) for sort in kind.sorts]
        return not any(missing)


NOT_OF_DAYS = tuple(
    sort for sort in (*SORTS, *PROFILES, *OF_POINTS) if sort.level not in (Level.DAY, Level.WEEK)
)
ALL = (*SORTS, *PROFILES, *OF_POINTS)
# What lies before a horizon of cells has neither facts nor shorter cells.
IMPLIED = {
    "hours_from": ("hours_from", "runs_from", "points_from"),
    "days_from": ("days_from", "hours_from", "runs_from", "points_from"),
}


async def _standing(session: Session, kind: FactTime, until: datetime) -> Standing:
    """With the lock."""
    first = await kind.first(session)
    if first is None or first >= until:
        return Standing.NOTHING
    if first < until - kind.needed:
        return Standing.LEFT
    reached = getattr(await fetch_horizon(session), kind.column)
    return Standing.NOTHING if reached and reached >= until else Standing.TOMORROW


async def _move(session: Session, column: str, until: datetime) -> None:
    await session.connection.execute(QUERIES[f"move_{column}"], session.workspace_id, until)


async def _have_days(session: Session, until: datetime) -> bool:
    """With the lock: whether days stand for all hours, and all facts, from before a time."""
    horizon = await fetch_horizon(session)
    for sort in OF_DAYS:
        hours = await agreeing(session, Sort(Level.HOUR, sort.cuboid))
        wanted = _days_of(sort, hours, horizon, until)
        first = await kind_of(sort).first(session)
        if first is not None:
            wanted |= Level.DAY.around(between(first, until))
        if wanted - await agreeing(session, sort):
            return False
    return True


def _days_of(sort: Sort, hours: Spans, horizon: Horizon, until: datetime) -> Spans:
    """Days up to a time that have to stand: for hours that agree, and from the horizon on also
    where nothing was, since nobody can look there any more."""
    kind = POINTS if sort.cuboid is Cuboid.METRIC else RUNS
    known = getattr(horizon, kind.column)
    passed = between(known, until) if known else Spans()
    return Level.DAY.around((hours & times_before(until)) | passed)


async def _has_cells(session: Session, sorts: Sequence[Sort], until: datetime) -> bool:
    """Whether there are any from before a time."""
    levels = list({sort.level.value for sort in sorts})
    found: bool = await session.connection.fetchval(
        QUERIES["has_cells"], session.workspace_id, levels, until
    )
    return found


async def _begin(session: Session, kind: FactTime, until: datetime) -> None:
    """Before the first fact ever there are no cells, and that agrees: nobody need look for facts
    there. In long cells, of which there are few."""
    if getattr(await fetch_horizon(session), kind.column) is not None:
        return
    oldest = min(await kind.first(session) or until, until)
    for level in (Level.WEEK, Level.DAY, Level.HOUR):
        nothing = spans_of(
            [(level.ceil(to_microseconds(BEGINNING)), level.floor(to_microseconds(oldest)))]
        )
        for sort in kind.sorts:
            if nothing:
                await enter(session, Sort(level, sort.cuboid), nothing)
