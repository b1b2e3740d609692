"""Functions over fields of executions or over metric points, by groups and buckets."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import NamedTuple

from services.runtime.faults import FieldViolation, InvalidArgument, invalid_field
from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.functions import function_over, over_points
from services.warehouse.queries.grouped import (
    GroupedQuery,
    GroupedRow,
    fetch_grouped,
    fetch_over_groups,
    rows_of,
)
from services.warehouse.queries.labels import dimension, tag
from services.warehouse.queries.measures import Measure
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.sources import EXECUTIONS, Points
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
MAX_ROWS = 10_000


class Function(Enum):
    """What to calculate."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    STANDARD_DEVIATION = "standard_deviation"
    PERCENTILE = "percentile"
    DISTINCT = "distinct"


@dataclass(frozen=True)
class Aggregation:
    """A function over a field of executions, or over the points of a metric."""

    function: Function
    field: str = ""
    metric_type: str = ""
    percentile: float = 0

    def measure(self, metrics: Sequence[str]) -> Measure:
        """`metrics` are those whose points are asked for."""
        if self.field:
            return function_over(self.function.value, self.field, self.percentile)
        number = metrics.index(self.metric_type) + 1
        return over_points(self.function.value, self.percentile, number)


@dataclass(frozen=True)
class AggregateQuery:
    """Aggregations of one source: all over fields, or all over metric points."""

    aggregations: tuple[Aggregation, ...]
    selection: Selection
    dimensions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    buckets: Buckets | None = None


async def fetch_aggregates(session: Session, query: AggregateQuery) -> list[GroupedRow]:
    """Rows by group, then by bucket. Raises InvalidArgument if they are too many."""
    rows = await fetch_grouped(session, _grouped(query))
    if len(rows) > MAX_ROWS:
        raise too_many_rows()
    return rows


class Top(NamedTuple):
    """Some groups in their order, of so many."""

    rows: list[GroupedRow]
    groups: int


async def fetch_top(session: Session, query: AggregateQuery, most: int) -> Top:
    """Those groups that have most of the first aggregation, however many there are. Raises
    InvalidArgument if the database cannot put them in order by it."""
    grouped = _grouped(query)
    if not grouped.measures[0].is_ready:
        raise invalid_field("top_groups", "groups have no order by what the first aggregation is")
    found = await fetch_over_groups(session, grouped, partial(_most, grouped, most))
    return Top(rows_of(grouped, found), found[0]["groups"] if found else 0)


def _most(query: GroupedQuery, most: int, groups: str, parameters: Parameters) -> str:
    keys = ", ".join(f"key_{number}" for number, _ in enumerate(query.labels, start=1))
    return QUERIES["top"].format(groups=groups, keys=keys, most=parameters.bind(most))


def too_many_rows(most: int = MAX_ROWS) -> InvalidArgument:
    return InvalidArgument(
        "RESULT_TOO_LARGE",
        f"the answer has more than {most} rows; narrow the filter, the groups or the interval",
        metadata={"limit": str(most), "fields": "group_by,granularity,interval"},
        violations=[FieldViolation("group_by", f"gives more than {most} rows")],
    )


def _grouped(query: AggregateQuery) -> GroupedQuery:
    metrics = sorted({one.metric_type for one in query.aggregations if one.metric_type})
    return GroupedQuery(
        query.selection,
        measures=[aggregation.measure(metrics) for aggregation in query.aggregations],
        labels=[*map(dimension, query.dimensions), *map(tag, query.tags)],
        buckets=query.buckets,
        limit=MAX_ROWS + 1,
        source=Points(metrics=tuple(metrics)) if metrics else EXECUTIONS,
    )
