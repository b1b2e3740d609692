"""Metrics over time: built-in ones from executions, others from metric points, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
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


class Sample(NamedTuple):
    """The known value of one metric for one group in one bucket (from 1; None is all of it)."""

    metric: str
    labels: dict[str, str]
    bucket: int | None
    value: int | float | Any


@dataclass(frozen=True)
class SeriesPage:
    """Samples in the order of metrics, groups and time; and where to go on, if anywhere."""

    samples: list[Sample]
    following: Position | None


async def fetch_series(
    session: Session, query: SeriesQuery, limit: int, after: Position = Position()
) -> SeriesPage:
    """At most `limit` buckets of groups behind a position."""
    samples: list[Sample] = []
    sources = _sources(query)
    for number in range(after.source, len(sources)):
        key = after.key if number == after.source else ()
        rows = await sources[number].fetch(session, query, limit + 1, key)
        samples += sources[number].samples(query, rows[:limit])
        if len(rows) > limit:
            return SeriesPage(samples, Position(number, rows[limit - 1].key))
        limit -= len(rows)
        if limit == 0 and number + 1 < len(sources):
            return SeriesPage(samples, Position(number + 1))
    return SeriesPage(samples, None)


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

    def samples(self, query: SeriesQuery, rows: Sequence[GroupedRow]) -> list[Sample]:
        return [
            Sample(name, row.labels, row.bucket, row.values[number])
            for number, name in enumerate(query.built_in)
            for row in rows
            if row.values[number] is not None
        ]


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

    def samples(self, query: SeriesQuery, rows: Sequence[GroupedRow]) -> list[Sample]:
        return [
            Sample(
                query.recorded[row.key[0] - 1],
                {key: row.labels[key] for key in query.tags if key in row.labels},
                row.bucket,
                row.values[0],
            )
            for row in rows
        ]


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
