"""Python's own values in place of messages: datetimes, timedeltas, decimals, mappings,
exceptions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.timestamp_pb2 import Timestamp

from shadower_client.errors import of_status

Number: TypeAlias = int | float | Decimal
"""An exact whole number, a binary floating point number or an exact decimal, as the metric has
it.
"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a file that is streamed."""

    content_type: str
    data: bytes


def decimal_text(value: Any) -> str:
    """Plain notation, as the contract wants it. A float is written as it prints."""
    return value if isinstance(value, str) else format(Decimal(str(value)), "f")


def _number(message: Any) -> Number | None:
    kind = message.WhichOneof("kind")
    if kind is None:
        return None
    return Decimal(message.decimal) if kind == "decimal" else getattr(message, kind)


READERS: dict[str, Callable[[Any], Any]] = {
    "google.protobuf.Timestamp": lambda message: message.ToDatetime(tzinfo=UTC),
    "google.protobuf.Duration": Duration.ToTimedelta,
    "google.protobuf.Struct": MessageToDict,
    "google.rpc.Status": of_status,
    "google.api.HttpBody": lambda message: Chunk(message.content_type, message.data),
    "shadower.common.v1.Number": _number,
}


def _write_time(message: Timestamp, value: datetime) -> None:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; use datetime.now(UTC) or .astimezone()")
    message.FromDatetime(value)


def _write_number(message: Any, value: Number) -> None:
    if isinstance(value, Decimal):
        message.decimal = decimal_text(value)
    elif isinstance(value, float):
        message.real = value
    else:
        message.integer = value


def _write_interval(message: Any, value: Any) -> None:
    start, end = bounds(value)
    _write_time(message.start_time, start)
    _write_time(message.end_time, end)


def bounds(interval: Any) -> tuple[datetime, datetime]:
    """Of an interval, a pair of times, or a length of time up to now."""
    if isinstance(interval, timedelta):
        now = datetime.now(UTC)
        return now - interval, now
    start, end = (
        interval if isinstance(interval, tuple) else (interval.start_time, interval.end_time)
    )
    return start, end


WRITERS: dict[str, Callable[[Any, Any], object]] = {
    "google.protobuf.Timestamp": _write_time,
    "google.protobuf.Duration": Duration.FromTimedelta,
    "google.protobuf.Struct": lambda message, value: ParseDict(dict(value), message),
    "shadower.common.v1.Number": _write_number,
    "shadower.common.v1.TimeInterval": _write_interval,
}
