"""What requests have in common: intervals, zones, buckets, filters, dimensions."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from google.protobuf.message import Message
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus
from shadower.common.v1.filter_pb2 import Filter as FilterMessage
from shadower.common.v1.granularity_pb2 import Granularity as GranularityEnum
from shadower.common.v1.time_interval_pb2 import TimeInterval

from services.runtime.faults import invalid_field
from services.runtime.times import to_datetime, to_timestamp
from services.warehouse.queries.buckets import Buckets, Granularity, cut
from services.warehouse.queries.interval import Interval, last_by_minute
from services.warehouse.queries.selection import Filter

DEFAULT_LENGTH = timedelta(days=7)

LABELS = {
    Dimension.DIMENSION_AGENT: "agent_id",
    Dimension.DIMENSION_AGENT_VERSION: "agent_version",
    Dimension.DIMENSION_USER: "user_id",
    Dimension.DIMENSION_MODEL: "model",
    Dimension.DIMENSION_PROVIDER: "provider",
    Dimension.DIMENSION_STATUS: "status",
    Dimension.DIMENSION_ERROR_TYPE: "error_type",
}


def interval(request: Message, default: Interval | None = None) -> Interval:
    """The interval that a request asks for, or else the last days with the present minute."""
    if not request.HasField("interval"):
        return default or last_by_minute(DEFAULT_LENGTH)
    asked: TimeInterval = request.interval  # type: ignore[attr-defined]
    return Interval(to_datetime(asked.start_time), to_datetime(asked.end_time))


def time_interval(answered: Interval) -> TimeInterval:
    return TimeInterval(
        start_time=to_timestamp(answered.start), end_time=to_timestamp(answered.end)
    )


def zone(name: str, field: str = "time_zone") -> ZoneInfo:
    """Raises InvalidArgument if there is no such time zone."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise invalid_field(field, f"there is no time zone {name!r}") from unknown


def buckets(asked: Interval, granularity: int, time_zone: str) -> Buckets | None:
    """None is one bucket for the whole interval."""
    local = zone(time_zone)
    if granularity == GranularityEnum.GRANULARITY_UNSPECIFIED:
        return None
    name = GranularityEnum.Name(granularity).removeprefix("GRANULARITY_").lower()  # type: ignore[arg-type]
    return cut(asked, Granularity(name), local)


def fact_filter(message: FilterMessage) -> Filter:
    return Filter(
        agent_ids=tuple(message.agent_ids),
        agent_versions=tuple(message.agent_versions),
        user_ids=tuple(message.user_ids),
        models=tuple(message.models),
        providers=tuple(message.providers),
        statuses=tuple(status_name(number) for number in message.statuses),
        error_types=tuple(error_type_name(number) for number in message.error_types),
        tags=tuple(_tag(text) for text in message.tags),
    )


def dimensions(numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(LABELS[number] for number in numbers)  # type: ignore[index]


def narrows_executions(message: FilterMessage) -> bool:
    return any(field.name != "tags" for field, _ in message.ListFields())


def status_name(number: int) -> str:
    name = ExecutionStatus.Name(number)  # type: ignore[arg-type]
    return name.removeprefix("EXECUTION_STATUS_").lower()


def error_type_name(number: int) -> str:
    return ErrorType.Name(number).removeprefix("ERROR_TYPE_").lower()  # type: ignore[arg-type]


def _tag(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value
