"""A live view of series: the whole of them, then what changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.metrics.answers import PointKey, keyed
from services.runtime.faults import FieldViolation, InvalidArgument
from services.translation.values import Value
from services.warehouse.database import Database, Session
from services.warehouse.facts.changes import TimeRange, changes_since
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.series import SeriesQuery, fetch_series

MAX_POINTS = 10_000
MICROSECOND = timedelta(microseconds=1)

Points = dict[PointKey, Value | None]


@dataclass(frozen=True)
class Look:
    """What one look found: points to tell, up to which change and moment they are true, and up to
    which everything acknowledged is in them."""

    points: Points
    revision: int
    as_of: datetime
    complete_until: datetime | None
    replaced: Interval | None = None
    """Points of these buckets that are not in `points` are gone."""


class LiveSeries:
    """Remembers what a reader has been told, so that it need only be told what is different."""

    def __init__(
        self, database: Database, workspace_id: str, ask: Callable[[Interval], SeriesQuery]
    ) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._ask = ask
        self._told: Points = {}
        self._revision = 0

    async def everything(self, interval: Interval) -> Look:
        async with self._database.reading(self._workspace_id) as session:
            self._told = await _all_points(session, self._ask(interval))
            self._revision = session.revision
        return Look(self._told, self._revision, session.as_of, session.complete_until)

    async def since(self, revision: int, interval: Interval) -> Look | None:
        """What a reader who was told everything up to a revision has missed.

        None if the log of changes does not go back so far.
        """
        query = self._ask(interval)
        async with self._database.reading(self._workspace_id) as session:
            changes = await changes_since(session, revision)
            if not changes.complete:
                return None
            self._told = await _all_points(session, query)
            self._revision = changes.revision
        touched = _touched(query, changes.spans)
        points = _within(self._told, touched)
        return Look(points, self._revision, session.as_of, session.complete_until, touched)

    async def news(self, interval: Interval) -> Look:
        """What is different from what was told."""
        query = self._ask(interval)
        async with self._database.reading(self._workspace_id) as session:
            changes = await changes_since(session, self._revision)
            spans = changes.spans if changes.complete else ((interval.start, interval.end),)
            touched = _touched(query, spans)
            part = touched and self._ask(_common(touched, interval))
            found = await _all_points(session, part) if part else {}
        self._revision = changes.revision
        return Look(
            self._tell(found, touched), self._revision, session.as_of, session.complete_until
        )

    def _tell(self, found: Points, touched: Interval | None) -> Points:
        before = _within(self._told, touched)
        gone: Points = {key: None for key in before if key not in found}
        different = {k: v for k, v in found.items() if k not in before or before[k] != v}
        self._told = {k: v for k, v in self._told.items() if k not in gone} | different
        if len(self._told) > MAX_POINTS:
            raise _too_many_points()
        return dict(sorted((different | gone).items(), key=lambda point: point[0][2]))


def _touched(query: SeriesQuery, spans: tuple[TimeRange, ...]) -> Interval | None:
    """The whole buckets from the first to the last touched time that is asked for."""
    asked = query.selection.interval
    inside = [span for span in spans if span[0] < asked.end and span[1] > asked.start]
    if not inside or query.buckets is None:
        return asked if inside else None
    first = max(asked.start, min(start for start, _ in inside))
    last = min(asked.end, max(end for _, end in inside)) - MICROSECOND
    start = query.buckets[query.buckets.number_of(first)].start
    end = query.buckets[query.buckets.number_of(last)].end
    return Interval(start, end)


def _within(points: Points, touched: Interval | None) -> Points:
    if touched is None:
        return {}
    return {k: value for k, value in points.items() if touched.start <= k[2] < touched.end}


def _common(one: Interval, other: Interval) -> Interval:
    return Interval(max(one.start, other.start), min(one.end, other.end))


async def _all_points(session: Session, query: SeriesQuery) -> Points:
    page = await fetch_series(session, query, MAX_POINTS)
    if page.following is not None or page.length > MAX_POINTS:
        raise _too_many_points()
    return keyed(page.series, query)


def _too_many_points() -> InvalidArgument:
    return InvalidArgument(
        "RESULT_TOO_LARGE",
        f"the view has more than {MAX_POINTS} points; narrow the filter, groups or interval",
        metadata={"limit": str(MAX_POINTS), "fields": "group_by,granularity,interval"},
        violations=[FieldViolation("group_by", f"gives more than {MAX_POINTS} points")],
    )
