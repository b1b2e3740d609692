"""Functions over fields of executions or over metric points, by groups and buckets."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from services.runtime.faults import FieldViolation, InvalidArgument
from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.functions import function_over, of_metric
from services.warehouse.queries.grouped import (
    QUERIES,
    Expression,
    GroupedQuery,
    GroupedRow,
    dimension,
    fetch_grouped,
    tag,
)
from services.warehouse.queries.selection import Selection
from services.warehouse.sql import Parameters

MAX_ROWS = 10_000

# The kind of values of each field, and the SQL of one value.
FIELDS = {
    "duration": ("seconds", "duration_us"),
    "input_tokens": ("whole", "input_tokens"),
    "output_tokens": ("whole", "output_tokens"),
    "cached_input_tokens": ("whole", "cached_input_tokens"),
    "total_tokens": ("whole", "(input_tokens + output_tokens)"),
    "cost": ("decimal", "cost_usd"),
    "credits": ("decimal", "credits"),
    "user_rating": ("whole", "user_rating"),
    "tool_calls": ("whole", "tool_calls"),
    "execution": ("id", "execution_id"),
    "agent": ("id", "agent_id"),
    "user": ("id", "user_id"),
    "model": ("id", "model"),
    "conversation": ("id", "conversation_id"),
}


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

    def expression(self, parameters: Parameters) -> str:
        kind, value = FIELDS[self.field] if self.field else ("real", "value")
        text = function_over(kind, self.function.value, value, self._fraction(parameters))
        return text if self.field else of_metric(text, parameters.bind(self.metric_type))

    def _fraction(self, parameters: Parameters) -> str:
        """99.9 is 0.999, which dividing the float by a hundred would miss."""
        if self.function is not Function.PERCENTILE:
            return ""
        fraction = float(Decimal(repr(self.percentile)) / 100)
        return f"{parameters.bind(fraction)}::float8"


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


def too_many_rows() -> InvalidArgument:
    return InvalidArgument(
        "RESULT_TOO_LARGE",
        f"the answer has more than {MAX_ROWS} rows; narrow the filter, the groups or the interval",
        metadata={"limit": str(MAX_ROWS), "fields": "group_by,granularity,interval"},
        violations=[FieldViolation("group_by", f"gives more than {MAX_ROWS} rows")],
    )


def _grouped(query: AggregateQuery) -> GroupedQuery:
    of_points = not query.aggregations[0].field
    return GroupedQuery(
        table="metric_points" if of_points else "executions",
        condition=_points_condition(query) if of_points else query.selection.of_executions,
        labels=[*map(dimension, query.dimensions), *map(tag, query.tags)],
        buckets=query.buckets,
        values=[aggregation.expression for aggregation in query.aggregations],
        limit=MAX_ROWS + 1,
    )


def _points_condition(query: AggregateQuery) -> Expression:
    metrics = sorted({aggregation.metric_type for aggregation in query.aggregations})

    def expression(parameters: Parameters) -> str:
        asked = QUERIES["of_metrics"].format(metrics=parameters.bind(metrics))
        return f"{query.selection.of_points(parameters)} and {asked}"

    return expression
