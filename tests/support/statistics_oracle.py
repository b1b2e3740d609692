"""The contract's messages of statistics, as the oracle builds them from plain rows."""

from collections.abc import Sequence
from fractions import Fraction

from google.protobuf.duration_pb2 import Duration
from shadower.common.v1 import statistics_pb2 as pb

from tests.support.oracle import Value, calculate, deviation, known
from tests.support.runs import Row


def counts(rows: Sequence[Row]) -> pb.ExecutionCounts:
    names = [field.name for field in pb.ExecutionCounts.DESCRIPTOR.fields if field.name != "total"]
    by_status = {name: sum(row["status"] == name for row in rows) for name in names}
    return pb.ExecutionCounts(total=len(rows), **by_status)


def duration(seconds: float | Fraction | None) -> Duration | None:
    nanoseconds = seconds is not None and round(Fraction(seconds) * 10**9)
    return (
        Duration(seconds=nanoseconds // 10**9, nanos=nanoseconds % 10**9)
        if seconds is not None
        else None
    )


def durations(rows: Sequence[Row]) -> pb.DurationStatistics:
    values = known(rows, "duration")
    p = {f"p{n}": duration(calculate("percentile", values, n)) for n in (50, 75, 90, 95, 99)}
    mean = sum(values) / len(values) if values else None
    return pb.DurationStatistics(
        known_executions=len(values),
        average=duration(mean),
        minimum=duration(min(values, default=None)),
        maximum=duration(max(values, default=None)),
        standard_deviation=duration(deviation(values)),
        **p,
    )


def tokens(rows: Sequence[Row]) -> pb.TokenUsage:
    names = ("input_tokens", "output_tokens", "cached_input_tokens", "total_tokens")
    totals = known(rows, "total_tokens")
    return pb.TokenUsage(
        known_executions=len(totals),
        unknown_executions=len(rows) - len(totals),
        average_tokens=calculate("average", totals),
        **{name: calculate("sum", known(rows, name)) for name in names},
    )


def plain(value: Value) -> str | None:
    text = None if value is None else format(value, "f")
    return text.rstrip("0").rstrip(".") if text and "." in text else text


def costs(rows: Sequence[Row]) -> pb.CostUsage:
    values = known(rows, "cost")
    return pb.CostUsage(
        known_executions=len(values),
        unknown_executions=len(rows) - len(values),
        cost_usd=plain(calculate("sum", values)),
        credits=plain(calculate("sum", known(rows, "credits"))),
        average_cost_usd=plain(calculate("average", values)),
    )
