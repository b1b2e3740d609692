"""The log of changes of a workspace: numbers in the order of commits, and what they touched."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor

import asyncpg

from services.runtime.telemetry.running import running_traceparent
from services.warehouse.database import Session
from services.warehouse.facts.horizon import (
    BeyondHorizonError,
    Horizon,
    horizon_of,
    lies_before,
)
from services.warehouse.facts.model import RunChange
from services.warehouse.rollups.following import follow, follow_points
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

# So many numbers back, a follower can still learn what changed.
KEPT_CHANGES = 5_000
# A change that touches more hours than that is told by its first and last.
MAX_RANGES = 200
HOUR = timedelta(hours=1)
SECONDS_OF_HOUR = 3600
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TimeRange = tuple[datetime, datetime]


@dataclass(frozen=True)
class Changes:
    """What happened since a revision. `complete` is False if the log does not go back so far."""

    revision: int
    spans: tuple[TimeRange, ...]
    complete: bool


async def log_change(
    session: Session,
    touched: Iterable[datetime],
    runs: Sequence[RunChange] = (),
    points: Collection[datetime] = (),
    events: Collection[datetime] = (),
) -> None:
    """Numbers the change and publishes it: workspace.updated, after workspace.created if new. And
    lets the cells of runs and of points follow.

    Must be the last thing in a transaction: it lets writers of the workspace queue up. Raises
    BeyondHorizonError if it touches what is not changed any more.
    """
    spans = [asyncpg.Range(*span) for span in touched_hours(touched)]
    row = await session.connection.fetchrow(
        QUERIES["log_change"], session.workspace_id, spans, KEPT_CHANGES, running_traceparent()
    )
    _check_horizon(session, horizon_of(row), runs, points, events)
    if await session.connection.fetchval(QUERIES["is_rolled"], session.workspace_id):
        await _follow(session, runs, points)


def _check_horizon(
    session: Session,
    horizon: Horizon,
    runs: Sequence[RunChange],
    points: Collection[datetime],
    events: Collection[datetime],
) -> None:
    """With the workspace's lock, so that nobody moves it before we commit."""
    changed = (run.started_at for change in runs for run in change if run)
    if (
        lies_before(changed, horizon.runs_from)
        or lies_before(points, horizon.points_from)
        or lies_before(events, horizon.events_from)
    ):
        raise BeyondHorizonError(session.workspace_id, horizon)


async def _follow(
    session: Session, runs: Sequence[RunChange], points: Collection[datetime]
) -> None:
    if runs:
        await follow(session, runs)
    if points:
        await follow_points(session, points)


async def latest_revision(session: Session) -> int:
    """The number of the last change that the session sees; 0 before the first."""
    return await session.connection.fetchval(QUERIES["latest_revision"], session.workspace_id) or 0


async def fetch_horizon(session: Session) -> Horizon:
    row = await session.connection.fetchrow(QUERIES["horizon"], session.workspace_id)
    return horizon_of(row) if row else Horizon()


async def changes_since(session: Session, revision: int) -> Changes:
    rows = await session.connection.fetch(QUERIES["changes_since"], session.workspace_id, revision)
    latest = rows[-1]["revision"] if rows else await latest_revision(session)
    spans = {(span.lower, span.upper) for row in rows for span in row["touched"]}
    return Changes(latest, tuple(sorted(spans)), complete=len(rows) == latest - revision)


async def earliest_touched(session: Session, revision: int) -> datetime | None:
    """The earliest time of which facts have come since, to the hour; None if none have. If the log
    does not go back so far, any time: EPOCH."""
    row = await session.connection.fetchrow(
        QUERIES["touched_since"], session.workspace_id, revision
    )
    is_complete = row is not None and row["changes"] == session.revision - revision
    return row["earliest"] if row is not None and is_complete else EPOCH


def touched_hours(times: Iterable[datetime]) -> list[TimeRange]:
    """The hours that contain the times, as few spans as they need."""
    numbers = {floor(time.timestamp() / SECONDS_OF_HOUR) for time in times}
    hours = [EPOCH + number * HOUR for number in sorted(numbers)]
    if len(hours) > MAX_RANGES:
        return [(hours[0], hours[-1] + HOUR)]
    return [(hour, hour + HOUR) for hour in hours]
