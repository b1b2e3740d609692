"""Values that GraphQL has no type for, written as the JSON of the contract has them."""

import re
from base64 import b64encode
from typing import Any, NewType

import strawberry
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration as DurationMessage
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp as TimestampMessage
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Int64 = NewType("Int64", int)
Timestamp = NewType("Timestamp", object)
Duration = NewType("Duration", object)
Labels = NewType("Labels", dict)  # type: ignore[type-arg]
Bytes = NewType("Bytes", bytes)

LEAST_INT64, MOST_INT64 = -(2**63), 2**63 - 1
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")


def _int64(value: object) -> int:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    is_written = isinstance(value, str) and WHOLE_NUMBER.fullmatch(value)
    if not (is_whole or is_written) or not LEAST_INT64 <= int(str(value)) <= MOST_INT64:
        raise GraphQLError("an Int64 is a whole number of 64 bits, or a text of its digits")
    return int(str(value))


def _timestamp(value: object) -> Message:
    return _read(TimestampMessage(), value, "a Timestamp is a text such as 2026-01-01T00:00:00Z")


def _duration(value: object) -> Message:
    return _read(DurationMessage(), value, "a Duration is a text of seconds, such as 1.5s")


def _read(message: Any, value: object, otherwise: str) -> Message:
    try:
        message.FromJsonString(value)
    except (ValueError, TypeError, AttributeError) as malformed:
        raise GraphQLError(otherwise) from malformed
    return message  # type: ignore[no-any-return]


def _not_read(value: object) -> object:
    raise GraphQLError(f"a {type(value).__name__} is not read here")


SCALARS: dict[object, ScalarDefinition] = {
    Int64: strawberry.scalar(
        name="Int64",
        description="A whole number of 64 bits, as a text: JSON's numbers do not hold all of them.",
        serialize=str,
        parse_value=_int64,
    ),
    Timestamp: strawberry.scalar(
        name="Timestamp",
        description="A moment as RFC 3339 writes it, in UTC, with up to nine digits of a second.",
        serialize=lambda message: message.ToJsonString(),
        parse_value=_timestamp,
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description='A length of time in seconds, such as "1.5s".',
        serialize=lambda message: message.ToJsonString(),
        parse_value=_duration,
    ),
    Labels: strawberry.scalar(
        name="Labels",
        description="Texts by their names, as a JSON object.",
        serialize=dict,
        parse_value=_not_read,
    ),
    Bytes: strawberry.scalar(
        name="Bytes",
        description="Bytes in Base64.",
        serialize=lambda value: b64encode(value).decode(),
        parse_value=_not_read,
    ),
}

WELL_KNOWN: dict[str, object] = {
    "google.protobuf.Timestamp": Timestamp,
    "google.protobuf.Duration": Duration,
}

OF_TYPE: dict[int, object] = {
    FieldDescriptor.TYPE_STRING: str,
    FieldDescriptor.TYPE_BOOL: bool,
    FieldDescriptor.TYPE_DOUBLE: float,
    FieldDescriptor.TYPE_INT32: int,
    FieldDescriptor.TYPE_INT64: Int64,
    FieldDescriptor.TYPE_BYTES: Bytes,
}
