"""Metrics over time: built-in ones from executions, others from metric points, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.functions import over_points
from services.warehouse.queries.grouped import GroupedQuery, GroupedRow, fetch_grouped
from services.warehouse.queries.labels import by_metric, dimension, tag
from services.warehouse.queries.registry import BUILT_IN
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.sources import Points

# What PostgreSQL's integer, a bucket's or a metric's number, can hold.
MOST_NUMBERS = 2**31


@dataclass(frozen=True)
class SeriesQuery:
    """Which metrics, over which facts, by which groups and buckets."""

    metrics: tuple[str, ...]
    selection: Selection
    dimensions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    buckets: Buckets | None = None
    point_statistic: str = "average"

    @property
    def built_in(self) -> tuple[str, ...]:
        return tuple(name for name in self.metrics if name in BUILT_IN)

    @property
    def recorded(self) -> tuple[str, ...]:
        return tuple(name for name in self.metrics if name not in BUILT_IN)


@dataclass(frozen=True)
class Position:
    """How far a reader has come: in which source, and behind which key."""

    source: int = 0
    key: tuple[Any, ...] = ()


class Series(NamedTuple):
    """The known values of one metric for one group, each with its bucket (from 1; None is all of
    the interval), in the order of time."""

    metric: str
    labels: dict[str, str]
    points: list[tuple[int | None, int | float | Any]]


@dataclass(frozen=True)
class SeriesPage:
    """Series in the order of metrics and groups; and where to go on, if anywhere."""

    series: list[Series]
    following: Position | None

    @property
    def length(self) -> int:
        """The number of points."""
        return sum(len(one.points) for one in self.series)


async def fetch_series(
    session: Session, query: SeriesQuery, limit: int, after: Position = Position()
) -> SeriesPage:
    """At most `limit` buckets of groups behind a position."""
    series: list[Series] = []
    sources = _sources(query)
    for number in range(after.source, len(sources)):
        key = after.key if number == after.source else ()
        rows = await sources[number].fetch(session, query, limit + 1, key)
        series += sources[number].series(query, rows[:limit])
        if len(rows) > limit:
            return SeriesPage(series, Position(number, rows[limit - 1].key))
        limit -= len(rows)
        if limit == 0 and number + 1 < len(sources):
            return SeriesPage(series, Position(number + 1))
    return SeriesPage(series, None)


class _Executions:
    """Built-in metrics: one row has the values of all of them."""

    def key_kinds(self, query: SeriesQuery) -> list[type]:
        return [*(str for _ in query.dimensions), *([int] if query.buckets else [])]

    async def fetch(
        self, session: Session, query: SeriesQuery, limit: int, after: tuple[Any, ...]
    ) -> list[GroupedRow]:
        grouped = GroupedQuery(
            query.selection,
            measures=[BUILT_IN[name].measure for name in query.built_in],
            labels=[dimension(name) for name in query.dimensions],
            buckets=query.buckets,
            limit=limit,
            after=after,
        )
        return await fetch_grouped(session, grouped)

    def series(self, query: SeriesQuery, rows: Sequence[GroupedRow]) -> list[Series]:
        groups = [(labels, list(found)) for labels, found in groupby(rows, key=_labels)]
        series = (
            Series(name, labels, _known_values(found, number))
            for number, name in enumerate(query.built_in)
            for labels, found in groups
        )
        return [one for one in series if one.points]


class _Points:
    """Metric points: a row has the value of one metric."""

    def key_kinds(self, query: SeriesQuery) -> list[type]:
        return [int, *(str for _ in query.tags), *([int] if query.buckets else [])]

    async def fetch(
        self, session: Session, query: SeriesQuery, limit: int, after: tuple[Any, ...]
    ) -> list[GroupedRow]:
        grouped = GroupedQuery(
            query.selection,
            measures=[over_points(query.point_statistic)],
            labels=[by_metric(), *(tag(key) for key in query.tags)],
            buckets=query.buckets,
            source=Points(metrics=query.recorded),
            limit=limit,
            after=after,
        )
        return await fetch_grouped(session, grouped)

    def series(self, query: SeriesQuery, rows: Sequence[GroupedRow]) -> list[Series]:
        return [
            Series(
                query.recorded[labels[""] - 1],
                {key: labels[key] for key in query.tags if key in labels},
                _known_values(list(found), 0),
            )
            for labels, found in groupby(rows, key=_labels)
        ]


def _labels(row: GroupedRow) -> dict[str, Any]:
    return row.labels


def _known_values(rows: Sequence[GroupedRow], number: int) -> list[tuple[int | None, Any]]:
    return [(row.bucket, row.values[number]) for row in rows if row.values[number] is not None]


def is_position_in(query: SeriesQuery, position: Position) -> bool:
    """True if a reader of the query can have come so far."""
    sources = _sources(query)
    if not 0 <= position.source < len(sources):
        return False
    kinds = sources[position.source].key_kinds(query)
    return not position.key or (
        len(position.key) == len(kinds) and all(map(_is_key_part, position.key, kinds))
    )


def _is_key_part(part: object, kind: type) -> bool:
    if kind is int:
        return isinstance(part, int) and 0 <= part < MOST_NUMBERS
    return isinstance(part, str)


def _sources(query: SeriesQuery) -> list[_Executions | _Points]:
    sources: list[_Executions | _Points] = []
    if query.built_in:
        sources.append(_Executions())
    if query.recorded:
        sources.append(_Points())
    return sources
