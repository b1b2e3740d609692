"""A live view of series: the whole of them, then what changes."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.metrics.answers import PointKey, keyed
from services.runtime.faults import FieldViolation, InvalidArgument
from services.translation.values import Value
from services.warehouse.database import Database, Session
from services.warehouse.facts.changes import Changes, TimeRange, changes_since
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.series import SeriesQuery, fetch_series

MAX_POINTS = 10_000
# Of what differed lately. Who is further behind is told everything.
MAX_STEP_POINTS = 10_000
MICROSECOND = timedelta(microseconds=1)

Points = dict[PointKey, Value | None]
Spans = tuple[TimeRange, ...]


@dataclass(frozen=True)
class Look:
    """Up to which change and moment a view is true since it was looked at, and up to which
    everything acknowledged is in it."""

    revision: int
    as_of: datetime
    complete_until: datetime | None


class Steps:
    """What differed from one version of a view to the next, as far back as it is worth it."""

    def __init__(self) -> None:
        self._steps: deque[Points] = deque()
        self._points = 0

    def add(self, different: Points) -> None:
        self._steps.append(different)
        self._points += len(different)
        while self._points > MAX_STEP_POINTS:
            self._points -= len(self._steps.popleft())

    def last(self, number: int) -> Points | None:
        """All of so many steps as one; None if they are not known any more."""
        if number > len(self._steps):
            return None
        together: Points = {}
        for different in list(self._steps)[-number:] if number else ():
            together |= different
        return _in_order(together)


class LiveSeries:
    """What readers have been told together, so that they need only be told what is different."""

    def __init__(
        self, database: Database, workspace_id: str, ask: Callable[[Interval], SeriesQuery]
    ) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._ask = ask
        self.points: Points = {}
        self.version = 0
        """Grows whenever points have changed."""
        self.steps = Steps()
        self._revision = 0

    async def everything(self, interval: Interval) -> Look:
        async with self._database.reading(self._workspace_id) as session:
            self.points = await _all_points(session, self._ask(interval))
            self._revision = session.revision
        return Look(self._revision, session.as_of, session.complete_until)

    async def news(self, interval: Interval) -> Look:
        """Takes in what is different from before."""
        query = self._ask(interval)
        async with self._database.reading(self._workspace_id) as session:
            touched, found = None, {}
            # Most looks are because of a change, and those that are not need not ask for any.
            if session.revision != self._revision:
                changes = await changes_since(session, self._revision)
                touched = _touched_by(changes, query, interval)
                part = touched and self._ask(_common(touched, interval))
                found = await _all_points(session, part) if part else {}
        self._revision = session.revision
        self._take(found, touched)
        return Look(self._revision, session.as_of, session.complete_until)

    async def log(self, revision: int) -> Changes:
        """The changes after a revision."""
        async with self._database.reading(self._workspace_id) as session:
            return await changes_since(session, revision)

    def within(self, spans: Spans, interval: Interval) -> tuple[Points, Interval | None]:
        """Points of the whole buckets that the spans touch, and these. Who missed what happened
        there takes them in place of what he knows of these buckets."""
        touched = _touched(self._ask(interval), spans)
        return _within(self.points, touched), touched

    def _take(self, found: Points, touched: Interval | None) -> None:
        before = _within(self.points, touched)
        gone: Points = {key: None for key in before if key not in found}
        different = {k: v for k, v in found.items() if k not in before or before[k] != v}
        if not gone and not different:
            return
        self.points = {k: v for k, v in self.points.items() if k not in gone} | different
        if len(self.points) > MAX_POINTS:
            raise _too_many_points()
        self.version += 1
        self.steps.add(_in_order(different | gone))


def _in_order(points: Points) -> Points:
    return dict(sorted(points.items(), key=lambda point: point[0][2]))


def _touched_by(changes: Changes, query: SeriesQuery, interval: Interval) -> Interval | None:
    spans = changes.spans if changes.complete else ((interval.start, interval.end),)
    return _touched(query, spans)


def _touched(query: SeriesQuery, spans: Spans) -> Interval | None:
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
