"""What services should answer, calculated over lists of plain rows. Shares no code with them."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from shadower.common.v1.number_pb2 import Number

from tests.support.runs import Row, time_of

Value = int | float | Decimal | None
Labels = frozenset[tuple[str, str]]
EXACT = Context(prec=100)
MICROSECOND = timedelta(microseconds=1)
DECIDED = ("succeeded", "failed", "timed_out")
IDS = {"execution": "execution_id", "agent": "agent_id", "user": "user_id"} | {
    "model": "model",
    "conversation": "conversation_id",
}


def error_type(row: Row) -> str | None:
    """Failures always have a type."""
    return row["error_type"] or {"failed": "unknown", "timed_out": "timeout"}.get(row["status"])


def value_of(row: Row, field: str) -> Any:
    """Seconds as exact fractions, money as decimals."""
    if field == "duration":
        end = row["end_time"]
        return end and Fraction((end - row["start_time"]) // MICROSECOND, 10**6)
    if field == "total_tokens":
        tokens = row["input_tokens"], row["output_tokens"]
        return None if None in tokens else sum(tokens)
    if field in ("cost", "credits"):
        text = row["cost_usd" if field == "cost" else "credits"]
        return None if text is None else Decimal(text)
    return row[IDS.get(field, field)]


def known(rows: Iterable[Row], field: str) -> list[Any]:
    return [value for row in rows if (value := value_of(row, field)) is not None]


def calculate(function: str, values: Sequence[Any], percent: float = 50) -> Value:
    """A function of the contract over known values, in the kind that holds it without loss."""
    if function in ("count", "distinct"):
        return len(values) if function == "count" else len(set(values))
    if not values:
        return None
    if function == "average":
        return _average(values)
    if function == "percentile":
        return percentile([float(value) for value in values], percent)
    if function == "standard_deviation":
        return deviation(values)
    found = {"sum": _sum, "minimum": min, "maximum": max}[function](values)
    return float(found) if isinstance(found, Fraction) else found


def _sum(values: Sequence[Any]) -> Any:
    if isinstance(values[0], float):
        return math.fsum(values)
    if isinstance(values[0], Decimal):
        return sum_of_money(values)
    return sum(values)


def sum_of_money(values: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


def _average(values: Sequence[Any]) -> float | Decimal:
    exact = sum(map(Fraction, values)) / len(values)
    if not isinstance(values[0], Decimal):
        return float(exact)
    twelve = EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return twelve.quantize(Decimal("1e-12"), ROUND_HALF_UP, EXACT)


def deviation(values: Sequence[Any]) -> float | None:
    if len(values) < 2:
        return None
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    return math.sqrt(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1))


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    place = float(Decimal(repr(percent)) / 100) * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def success_rate(rows: Sequence[Row]) -> float | None:
    decided = [row for row in rows if row["status"] in DECIDED]
    return sum(row["status"] == "succeeded" for row in decided) / len(decided) if decided else None


def error_rate(rows: Sequence[Row]) -> float | None:
    decided = [row for row in rows if row["status"] in DECIDED]
    return sum(row["status"] != "succeeded" for row in decided) / len(decided) if decided else None


OF_FIELDS = {
    "duration_avg": ("average", "duration"),
    "duration_min": ("minimum", "duration"),
    "duration_max": ("maximum", "duration"),
    "duration_stddev": ("standard_deviation", "duration"),
    **{n: ("sum", n) for n in ("input_tokens", "output_tokens", "cached_input_tokens")},
    **{n: ("sum", n) for n in ("total_tokens", "cost", "credits", "tool_calls")},
    "total_tokens_avg": ("average", "total_tokens"),
    "cost_avg": ("average", "cost"),
    "user_rating": ("average", "user_rating"),
    "active_users": ("distinct", "user"),
    "active_agents": ("distinct", "agent"),
}


def metric(name: str, rows: Sequence[Row]) -> Value:
    """The value of a built-in metric."""
    if name in OF_FIELDS:
        function, field = OF_FIELDS[name]
        return calculate(function, known(rows, field))
    if name.startswith("duration_p"):
        percent = float(name.removeprefix("duration_p"))
        return calculate("percentile", known(rows, "duration"), percent)
    if name in ("success_rate", "error_rate"):
        return (success_rate if name == "success_rate" else error_rate)(rows)
    return sum(map(_COUNTED.get(name, _of_status_or_error(name)), rows))


_COUNTED: dict[str, Callable[[Row], bool]] = {
    "executions": lambda _: True,
    "unknown_tokens": lambda row: value_of(row, "total_tokens") is None,
    "errors": lambda row: row["status"] in ("failed", "timed_out"),
}


def _of_status_or_error(name: str) -> Callable[[Row], bool]:
    if name.startswith("errors_"):
        return lambda row: error_type(row) == name.removeprefix("errors_")
    return lambda row: row["status"] == name


def within(rows: Iterable[Row], start: datetime, end: datetime) -> list[Row]:
    """Half-open."""
    return [row for row in rows if start <= row.get("start_time", row.get("timestamp")) < end]


def bucket_start(time: datetime, granularity: str, zone: str = "UTC") -> datetime:
    local = time.astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0)
    if granularity in ("minute", "hour"):
        whole = local.replace(minute=0) if granularity == "hour" else local
        return whole.astimezone(UTC)
    day = local.date()
    if granularity == "week":
        day -= timedelta(days=day.weekday())
    if granularity == "month":
        day = day.replace(day=1)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def labels(row: Row, dimensions: Iterable[str]) -> Labels:
    values = row | {"error_type": error_type(row)} if "status" in row else row["tags"]
    return frozenset((name, values[name]) for name in dimensions if values.get(name) is not None)


def answered(series: Iterable[Any]) -> dict[tuple[str, Labels, datetime], Value]:
    """Points of the contract's series; no point may stand twice, none out of order."""
    found: dict[tuple[str, Labels, datetime], Value] = {}
    for one in series:
        times = [time_of(point.start_time) for point in one.points]
        assert times == sorted(set(times))
        for time, point in zip(times, one.points, strict=True):
            key = (one.metric, frozenset(one.labels.items()), time)
            assert key not in found
            found[key] = number(point.value)
    return found


def number(message: Number) -> Value:
    kind = message.WhichOneof("kind")
    return Decimal(message.decimal) if kind == "decimal" else kind and getattr(message, kind)


def by_sql(database_url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Answers of plain SQL, asked by a superuser whom no policy narrows."""
    with psycopg.connect(database_url) as connection:
        connection.execute("set search_path to shadower")
        return connection.execute(query, values).fetchall()
