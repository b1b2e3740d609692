"""What answers have in common: numbers that keep their exactness, statistics, comparisons."""

from collections.abc import Callable
from decimal import Decimal

from google.protobuf.duration_pb2 import Duration
from shadower.common.v1.number_pb2 import Number
from shadower.common.v1.statistics_pb2 import (
    Comparison,
    CostUsage,
    Direction,
    DurationStatistics,
    ExecutionCounts,
    TokenUsage,
)

from services.runtime.times import to_duration
from services.warehouse.queries.statistics import Statistics

Value = int | float | Decimal


def number(value: Value) -> Number:
    """A value in the kind that holds it without loss."""
    found = Number()
    set_number(found, value)
    return found


def set_number(target: Number, value: Value) -> None:
    match value:
        case int():
            target.integer = value
        case float():
            target.real = value
        case Decimal():
            target.decimal = plain(value)


def optional_number(value: Value | None) -> Number | None:
    return None if value is None else number(value)


def plain(value: Decimal) -> str:
    """Decimal notation without exponent and without zeros that say nothing."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def optional_plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def optional_duration(seconds: float | None) -> Duration | None:
    return None if seconds is None else to_duration(seconds)


def execution_counts(s: Statistics) -> ExecutionCounts:
    return ExecutionCounts(
        total=s.total,
        running=s.running,
        succeeded=s.succeeded,
        failed=s.failed,
        timed_out=s.timed_out,
        cancelled=s.cancelled,
    )


def duration_statistics(s: Statistics) -> DurationStatistics:
    unknown: list[float | None] = [None] * 5
    percentiles = s.duration_percentiles or unknown
    p50, p75, p90, p95, p99 = percentiles
    return DurationStatistics(
        known_executions=s.known_durations,
        average=optional_duration(s.average_duration),
        minimum=optional_duration(s.minimum_duration),
        maximum=optional_duration(s.maximum_duration),
        standard_deviation=optional_duration(s.duration_deviation),
        p50=optional_duration(p50),
        p75=optional_duration(p75),
        p90=optional_duration(p90),
        p95=optional_duration(p95),
        p99=optional_duration(p99),
    )


def token_usage(s: Statistics) -> TokenUsage:
    return TokenUsage(
        known_executions=s.known_tokens,
        unknown_executions=s.unknown_tokens,
        input_tokens=s.input_tokens,
        output_tokens=s.output_tokens,
        cached_input_tokens=s.cached_input_tokens,
        total_tokens=s.total_tokens,
        average_tokens=s.average_tokens,
    )


def cost_usage(s: Statistics) -> CostUsage:
    return CostUsage(
        known_executions=s.known_costs,
        unknown_executions=s.unknown_costs,
        cost_usd=optional_plain(s.cost),
        credits=optional_plain(s.credits),
        average_cost_usd=optional_plain(s.average_cost),
    )


Measure = Callable[[Statistics], Value | None]

MEASURES: dict[str, Measure] = {
    "executions": lambda s: s.total,
    "success_rate": lambda s: s.success_rate,
    "duration_avg": lambda s: s.average_duration,
    "duration_p95": lambda s: s.duration_percentiles[3] if s.duration_percentiles else None,
    "active_agents": lambda s: s.agents,
    "active_users": lambda s: s.users,
    "total_tokens": lambda s: s.total_tokens,
    "total_tokens_avg": lambda s: s.average_tokens,
    "cost": lambda s: s.cost,
    "cost_avg": lambda s: s.average_cost,
    "credits": lambda s: s.credits,
    "user_rating": lambda s: s.average_rating,
}


def comparison(metric: str, current: Statistics, baseline: Statistics) -> Comparison:
    """A metric of two sets of runs. A baseline without any run is none."""
    now = MEASURES[metric](current)
    before = MEASURES[metric](baseline) if baseline.total else None
    compared = Comparison(
        metric=metric, current=optional_number(now), baseline=optional_number(before)
    )
    if now is not None and before is not None:
        _compare(compared, now, before)
    return compared


def _compare(compared: Comparison, now: Value, before: Value) -> None:
    change = _difference(now, before)
    compared.change.CopyFrom(number(change))
    if before:
        compared.change_ratio = float(change) / abs(float(before))
    compared.direction = _direction(change)


def _difference(now: Value, before: Value) -> Value:
    """Both are of one metric, so of one kind; money stays exact."""
    if isinstance(now, Decimal) or isinstance(before, Decimal):
        return Decimal(now) - Decimal(before)
    return now - before


def _direction(change: Value) -> "Direction.ValueType":
    if change == 0:
        return Direction.DIRECTION_FLAT
    return Direction.DIRECTION_UP if change > 0 else Direction.DIRECTION_DOWN
