"""What the rules of the contract cannot say of an item, or only slowly."""

import math
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.execution_pb2 import ExecutionStatus
from shadower.ingest.v1.event_pb2 import Event
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from services.runtime.faults import FieldViolation, InvalidArgument, invalid_field
from services.warehouse.queries.registry import BUILT_IN

A_SECOND = 1_000_000_000
AN_HOUR = 3600 * A_SECOND
THE_YEAR_2000 = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * A_SECOND
RUNNING = ExecutionStatus.EXECUTION_STATUS_RUNNING
FAILURES = (ExecutionStatus.EXECUTION_STATUS_FAILED, ExecutionStatus.EXECUTION_STATUS_TIMED_OUT)


def execution_violations(item: Execution, path: str) -> list[FieldViolation]:
    """What fields demand of each other and of the clock. As rules in CEL this takes as long as
    all other rules together, and there are more executions than anything else."""
    wrong = _wrong_times(item)
    if item.error_type and item.status not in FAILURES:
        wrong["error_type"] = "only a failed or timed out execution has an error_type"
    if item.HasField("cached_input_tokens") and not _has_as_many_input_tokens(item):
        wrong["cached_input_tokens"] = "cached_input_tokens are a part of input_tokens"
    return [FieldViolation(f"{path}.{name}", why) for name, why in wrong.items()]


def _wrong_times(item: Execution) -> dict[str, str]:
    wrong = {}
    start, latest = _nanoseconds(item.start_time), time.time_ns() + AN_HOUR
    if not THE_YEAR_2000 <= start <= latest and item.HasField("start_time"):
        wrong["start_time"] = "must be after the year 2000 and at most an hour in the future"
    if item.HasField("end_time"):
        end = _nanoseconds(item.end_time)
        if end > latest:
            wrong["end_time"] = "must be at most an hour in the future"
        elif end < start:
            wrong["end_time"] = "end_time must not be before start_time"
        elif item.status == RUNNING:
            wrong["end_time"] = "a running execution has no end_time"
    return wrong


def _has_as_many_input_tokens(item: Execution) -> bool:
    return item.HasField("input_tokens") and item.cached_input_tokens <= item.input_tokens


def _nanoseconds(timestamp: Timestamp) -> int:
    """Since 1970. With nanoseconds that are none, it is no time, so later than any."""
    if not 0 <= timestamp.nanos < A_SECOND:
        return sys.maxsize
    return timestamp.seconds * A_SECOND + timestamp.nanos


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
