"""What the rules of the contract cannot say of an item."""

import math
from collections.abc import Iterator

from google.protobuf.struct_pb2 import Struct, Value
from shadower.ingest.v1.event_pb2 import Event
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from services.runtime.faults import FieldViolation, InvalidArgument, invalid_field
from services.warehouse.queries.registry import BUILT_IN


def check_point(item: MetricPoint, path: str) -> None:
    """The names of built-in metrics are reserved."""
    if item.metric_type in BUILT_IN:
        raise InvalidArgument(
            "METRIC_NAME_RESERVED",
            f"{item.metric_type} is a built-in metric",
            metadata={"metric": item.metric_type},
            violations=[FieldViolation(f"{path}.metric_type", "is the name of a built-in metric")],
        )


def check_event(item: Event, path: str) -> None:
    """JSON has no NaN and no infinity, and the database no text with U+0000."""
    for value in _values(item.data):
        if isinstance(value, float) and not math.isfinite(value):
            raise invalid_field(f"{path}.data", "numbers must be finite")
        if isinstance(value, str) and "\0" in value:
            raise invalid_field(f"{path}.data", "text must not contain the character U+0000")


def _values(data: Struct) -> Iterator[str | float]:
    """Every key, text and number, however deep."""
    for key, value in data.fields.items():
        yield key
        yield from _within(value)


def _within(value: Value) -> Iterator[str | float]:
    match value.WhichOneof("kind"):
        case "struct_value":
            yield from _values(value.struct_value)
        case "list_value":
            for inner in value.list_value.values:
                yield from _within(inner)
        case "string_value":
            yield value.string_value
        case "number_value":
            yield value.number_value
