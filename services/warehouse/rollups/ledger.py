"""The ledger of what is rolled up: which cells agree with the facts.

All that writes to it needs the workspace's lock.
"""

from dataclasses import dataclass
from datetime import datetime

from services.warehouse.database import Session, sort_of
from services.warehouse.rollups.levels import OF_POINTS, PROFILES, Level, Sort
from services.warehouse.rollups.ranges import to_cells, to_multirange, to_spans
from services.warehouse.rollups.spans import Spans
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
NOTHING = Spans()


@dataclass(frozen=True)
class Entry:
    """When cells of one sort agree."""

    sort: Sort
    spans: Spans
    updated_at: datetime


async def fetch_entries(session: Session) -> list[Entry]:
    rows = await session.connection.fetch(QUERIES["entries"], session.workspace_id)
    return [Entry(sort_of(row), to_spans(row["spans"]), row["updated_at"]) for row in rows]


async def lock_workspace(session: Session) -> bool:
    """Until we commit, nobody else changes its facts or cells. False if there is no such workspace,
    and so nothing to lock."""
    found = await session.connection.fetchval(QUERIES["lock_workspace"], session.workspace_id)
    return found is not None


async def first_run(session: Session) -> datetime | None:
    """When the oldest one began; None if there is none."""
    return await _first(session, "first_run")


async def first_point(session: Session) -> datetime | None:
    """When the oldest one was measured; None if there is none."""
    return await _first(session, "first_point")


async def _first(session: Session, query: str) -> datetime | None:
    found: datetime | None = await session.connection.fetchval(QUERIES[query], session.workspace_id)
    return found


async def agreeing(session: Session, sort: Sort) -> Spans:
    """The times whose cells agree."""
    found = await session.connection.fetchval(
        QUERIES["agreeing"], session.workspace_id, *map(str, sort)
    )
    return to_cells(sort.level, found or ())


async def looked_at(session: Session, sort: Sort) -> Spans:
    """The times whose cells agree, or are not worth their place."""
    found = await session.connection.fetchval(
        QUERIES["looked_at"], session.workspace_id, *map(str, sort)
    )
    return to_cells(sort.level, found or ())


async def unchanged_since(session: Session, sort: Sort) -> datetime | None:
    """What is missing of the time before is missing at least since then. None if there is no such
    workspace."""
    found: datetime | None = await session.connection.fetchval(
        QUERIES["unchanged_since"], session.workspace_id, *map(str, sort)
    )
    return found


async def enter(session: Session, sort: Sort, spans: Spans) -> None:
    """From now on the cells agree."""
    await _enter(session, sort, spans, NOTHING)


async def spare(session: Session, sort: Sort, spans: Spans) -> None:
    """There are no cells, and need not be until something changes."""
    await _enter(session, sort, NOTHING, spans)


async def _enter(session: Session, sort: Sort, spans: Spans, spared: Spans) -> None:
    await session.connection.execute(
        QUERIES["enter"],
        session.workspace_id,
        *map(str, sort),
        to_multirange(spans),
        to_multirange(spared),
    )


async def take(
    session: Session, touched: Spans, kept: Spans = NOTHING, lasting: Spans = NOTHING
) -> None:
    """No cell of runs of a time that was touched agrees any more, but for those that are kept
    right; and no profile of a time that runs last into."""
    of_runs = [level.around(touched) for level in Level]
    of_profiles = [sort.level.around(touched | lasting) for sort in PROFILES]
    await session.connection.execute(
        QUERIES["take"],
        session.workspace_id,
        *map(to_multirange, (Level.HOUR.around(touched) - kept, *of_runs, *of_profiles)),
    )


async def take_points(session: Session, touched: Spans) -> None:
    """No cell of points of a time that was touched agrees any more."""
    widened = [sort.level.around(touched) for sort in OF_POINTS]
    await session.connection.execute(
        QUERIES["take_points"], session.workspace_id, *map(to_multirange, widened)
    )


async def take_sort(session: Session, sort: Sort, spans: Spans) -> None:
    """Cells of one sort do not agree."""
    await session.connection.execute(
        QUERIES["take_sort"], session.workspace_id, *map(str, sort), to_multirange(spans)
    )
