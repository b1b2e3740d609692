"""From the contract's values to a document's, and the metrics by the names that people read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.reports.document import Column, Figure, Kind, Number
from services.runtime.times import to_datetime

NUMBER, RATIO, TIME = Kind.NUMBER, Kind.RATIO, Kind.TIME


@dataclass(frozen=True)
class Shown:
    """A metric of the registry as a report shows it."""

    title: str
    unit: str = ""
    kind: Kind = NUMBER

    @property
    def column(self) -> Column:
        return Column(self.title, self.unit, self.kind)


METRICS = {
    "executions": Shown("Runs"),
    "succeeded": Shown("Succeeded"),
    "failed": Shown("Failed"),
    "timed_out": Shown("Timed out"),
    "cancelled": Shown("Cancelled"),
    "success_rate": Shown("Success rate", kind=RATIO),
    "duration_avg": Shown("Mean duration", "s"),
    "duration_p50": Shown("Median duration", "s"),
    "duration_p95": Shown("95th percentile of duration", "s"),
    "total_tokens": Shown("Tokens", "tokens"),
    "total_tokens_avg": Shown("Tokens per run", "tokens"),
    "cost": Shown("Cost", "USD"),
    "cost_avg": Shown("Cost per run", "USD"),
    "credits": Shown("Credits", "credits"),
    "active_users": Shown("Users"),
    "active_agents": Shown("Agents"),
    "user_rating": Shown("Mean rating"),
    "tool_calls": Shown("Tool calls"),
}


def number(told: Any) -> Number:
    """Of a shadower.common.v1.Number; None where there is none."""
    match told.WhichOneof("kind"):
        case None:
            return None
        case "decimal":
            return float(told.decimal)
        case kind:
            value: int | float = getattr(told, kind)
            return value


def optional(message: Any, field: str) -> Number:
    """A field that may be absent."""
    return getattr(message, field) if message.HasField(field) else None


def money(message: Any, field: str = "cost_usd") -> Number:
    """A decimal that may be absent."""
    return float(getattr(message, field)) if message.HasField(field) else None


def seconds(message: Any, field: str) -> Number:
    """A span that may be absent."""
    if not message.HasField(field):
        return None
    span = getattr(message, field)
    return float(span.seconds + span.nanos / 1_000_000_000)


def moment(message: Any, field: str) -> datetime | None:
    """A time that may be absent."""
    return to_datetime(getattr(message, field)) if message.HasField(field) else None


def change(value: Number, before: Number) -> float | None:
    """As a ratio of what was before; None without that, or where it is zero."""
    if value is None or before is None or before == 0:
        return None
    return (value - before) / abs(before)


def figure(name: str, value: Number, before: Number, ratio: float | None) -> Figure:
    shown = METRICS[name]
    return Figure(shown.title, value, shown.unit, shown.kind, before, ratio)
