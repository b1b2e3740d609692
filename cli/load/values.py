"""Values as files have them, turned into the JSON form of the contract's fields."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMESTAMP = "google.protobuf.Timestamp"
STRUCT = "google.protobuf.Struct"
FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


@dataclass(frozen=True)
class Clock:
    """How to read a time that does not say everything: its zone, or the unit of a number."""

    zone: tzinfo | None = None
    unit: Literal["seconds", "milliseconds", "microseconds"] | None = None

    def read(self, value: Any) -> str:
        """The time in RFC 3339. Raises ValueError."""
        return self._zoned(self._moment(value)).astimezone(UTC).isoformat()

    def _moment(self, value: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip())
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return self._since_epoch(value)
        raise ValueError(f"{value!r} is no time")

    def _since_epoch(self, value: float | Decimal) -> datetime:
        if self.unit is None:
            raise ValueError(f"{value} has no unit: say time_unit in the mapping")
        try:
            return EPOCH + timedelta(**{self.unit: float(value)})
        except OverflowError as error:
            raise ValueError(f"{value} {self.unit} are too far away") from error

    def _zoned(self, moment: datetime) -> datetime:
        if moment.tzinfo is not None:
            return moment
        if self.zone is None:
            raise ValueError(f"{moment} has no zone: give --time-zone, or time_zone in the mapping")
        return moment.replace(tzinfo=self.zone)


def is_absent(value: Any) -> bool:
    return value is None or value == ""


def to_json(field: FieldDescriptor, value: Any, clock: Clock) -> Any:
    """The value in the JSON form of the field. Raises ValueError."""
    if field.message_type is not None:
        return _message(field.message_type, value, clock)
    if field.enum_type is not None:
        return _enum_name(field.enum_type, value)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return _text(value)
    return _number(value, as_float=field.cpp_type in FLOATS)


def _message(kind: Descriptor, value: Any, clock: Clock) -> Any:
    if kind.full_name == TIMESTAMP:
        return clock.read(value)
    members = _members(value)
    if kind.full_name == STRUCT:
        return _plain(members)
    return {key: _label(member) for key, member in members.items() if member is not None}


def _members(value: Any) -> Mapping[str, Any]:
    members = json.loads(value) if isinstance(value, str) else value
    if isinstance(members, list) and all(isinstance(member, tuple) for member in members):
        return dict(members)  # How Arrow writes a map.
    if not isinstance(members, Mapping):
        raise ValueError(f"{value!r} is no object")
    return members


def _enum_name(kind: EnumDescriptor, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no name of {kind.name}")
    prefix = kind.values[0].name.removesuffix("UNSPECIFIED")
    name = value.strip().upper().replace(".", "_").replace("-", "_").replace(" ", "_")
    return prefix + name.removeprefix(prefix)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{value!r} is no text")
    # Never 1E-7: the contract's decimals have no exponent.
    return format(Decimal(str(value)), "f")


def _label(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _number(value: Any, *, as_float: bool) -> Any:
    if isinstance(value, Decimal):
        return float(value) if as_float else _whole(value)
    return value.strip() if isinstance(value, str) else value


def _whole(value: Decimal) -> int:
    if value != value.to_integral_value():
        raise ValueError(f"{value} is no whole number")
    return int(value)


def _plain(value: Any) -> Any:
    """JSON without exact decimals, which a Struct does not have."""
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
