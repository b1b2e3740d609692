"""Values as people read them. What is absent is a dash, which is not zero."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.number_pb2 import Number

ABSENT = "–"  # noqa: RUF001 - a dash as between numbers
# Right-to-left text is text; these turn what stands beside it around.
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def clean(text: str) -> str:
    """What others recorded may hold codes that move a terminal's cursor, or turn text around."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_code(one) else one for one in text)


def _is_code(character: str) -> bool:
    turns = unicodedata.bidirectional(character) in TURNING
    return turns or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def count(value: int) -> str:
    return f"{value:,}"


def known(message: Message, field: str, write: Any = str) -> str:
    """A field that has presence, or a dash."""
    return str(write(getattr(message, field))) if message.HasField(field) else ABSENT


def share(ratio: float) -> str:
    """In per cent, as the heading says."""
    return f"{ratio * 100:.1f}"


def real(value: float) -> str:
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def number(value: Number) -> str:
    match value.WhichOneof("kind"):
        case "integer":
            return count(value.integer)
        case "real":
            return real(value.real)
        case "decimal":
            return value.decimal
    return ABSENT


def seconds(duration: Duration) -> str:
    return f"{duration.ToTimedelta().total_seconds():,.3f}"


def time(timestamp: Timestamp, zone: ZoneInfo) -> str:
    """To the second; the table says of which zone."""
    moment = timestamp.ToDatetime(UTC).astimezone(zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def time_if(message: Message, field: str, zone: ZoneInfo) -> str:
    return time(getattr(message, field), zone) if message.HasField(field) else ABSENT


def word(enum: Any, value: int, prefix: str) -> str:
    """A value of an enum in small letters, without what all of its values begin with."""
    return name_of(enum, value).removeprefix(prefix).lower().replace("_", " ")


def name_of(enum: Any, value: int) -> str:
    """A value that a newer server knows alone is a number."""
    return str(enum.Name(value)) if value in enum.values() else str(value)


def labels(given: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(given.items())) or ABSENT


def size(count_of_bytes: int) -> str:
    number_of, unit = float(count_of_bytes), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if number_of < 1024:
            break
        number_of, unit = number_of / 1024, larger
    return f"{number_of:.0f} {unit}" if unit == "B" else f"{number_of:.1f} {unit}"
