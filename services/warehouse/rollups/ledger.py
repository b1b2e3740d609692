"""The ledger of what is rolled up: which cells agree with the facts.

All that writes to it needs the workspace's lock.
"""

from dataclasses import dataclass
from datetime import datetime

from services.warehouse.database import Session, sort_of
from services.warehouse.rollups.levels import Level, Sort
from services.warehouse.rollups.ranges import to_multirange, to_spans
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


async def lock_workspace(session: Session) -> None:
    """Until we commit, nobody else changes its facts or cells."""
    await session.connection.execute(QUERIES["lock_workspace"], session.workspace_id)


async def first_fact(session: Session) -> datetime | None:
    """When the oldest run began; None if there is none."""
    found: datetime | None = await session.connection.fetchval(
        QUERIES["first_fact"], session.workspace_id
    )
    return found


async def agreeing(session: Session, sort: Sort) -> Spans:
    """The times whose cells agree."""
    found = await session.connection.fetchval(
        QUERIES["agreeing"], session.workspace_id, *map(str, sort)
    )
    return to_spans(found or ())


async def looked_at(session: Session, sort: Sort) -> Spans:
    """The times whose cells agree, or are not worth their place."""
    found = await session.connection.fetchval(
        QUERIES["looked_at"], session.workspace_id, *map(str, sort)
    )
    return to_spans(found or ())


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


async def take(session: Session, touched: Spans, kept: Spans = NOTHING) -> None:
    """No cell of a time that was touched agrees any more, but for those that are kept right."""
    hours, days, weeks = (level.around(touched) for level in (Level.HOUR, Level.DAY, Level.WEEK))
    await session.connection.execute(
        QUERIES["take"],
        session.workspace_id,
        *map(to_multirange, (hours, days, weeks, hours - kept)),
    )


async def take_sort(session: Session, sort: Sort, spans: Spans) -> None:
    """Cells of one sort do not agree."""
    await session.connection.execute(
        QUERIES["take_sort"], session.workspace_id, *map(str, sort), to_multirange(spans)
    )
