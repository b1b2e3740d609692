"""From the contract's items to the warehouse's facts."""

import hashlib
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from google.protobuf.json_format import MessageToDict
from shadower.common.v1 import execution_pb2 as common
from shadower.ingest.v1.event_pb2 import Event as EventItem
from shadower.ingest.v1.event_pb2 import EventType
from shadower.ingest.v1.execution_pb2 import Execution as ExecutionItem
from shadower.ingest.v1.metric_point_pb2 import MetricPoint as PointItem

from services.runtime.times import to_datetime
from services.warehouse.facts.model import ErrorType, Event, Execution, MetricPoint, Status

STATUSES = {
    number: Status(name.removeprefix("EXECUTION_STATUS_").lower())
    for name, number in common.ExecutionStatus.items()
    if number
}
ERROR_TYPES = {
    number: ErrorType(name.removeprefix("ERROR_TYPE_").lower())
    for name, number in common.ErrorType.items()
    if number
}
# See the contract, ErrorType: a failure always has a type, if only "unknown".
ERROR_TYPE_OF_STATUS = {Status.FAILED: ErrorType.UNKNOWN, Status.TIMED_OUT: ErrorType.TIMEOUT}


_AS_IT_IS = None
_READERS: dict[str, tuple[str, Callable[[Any], Any] | None]] = {
    "status": ("status", STATUSES.__getitem__),
    "error_type": ("error_type", ERROR_TYPES.get),
    "start_time": ("started_at", to_datetime),
    "end_time": ("ended_at", to_datetime),
    "cost_usd": ("cost_usd", Decimal),
    "credits": ("credits", Decimal),
    "metadata": ("metadata", dict),
}
# By the field itself: a lookup of its name costs as much as all the rest.
EXECUTION_FIELDS = {
    field: _READERS.get(field.name, (field.name, _AS_IT_IS))
    for field in ExecutionItem.DESCRIPTOR.fields
}


def execution(item: ExecutionItem) -> Execution:
    """Only what was sent is listed, so what was not is None."""
    known: dict[str, Any] = {}
    for field, value in item.ListFields():
        name, read = EXECUTION_FIELDS[field]
        known[name] = value if read is None else read(value)
    if "error_type" not in known:
        known["error_type"] = ERROR_TYPE_OF_STATUS.get(known["status"])
    return Execution(**known)


def metric_point(item: PointItem) -> MetricPoint:
    return MetricPoint(
        occurred_at=to_datetime(item.timestamp),
        id=point_id(item),
        metric_type=item.metric_type,
        value=item.value,
        tags=dict(item.tags),
    )


def point_id(item: PointItem) -> str:
    """The producer's, or one for all points of the series."""
    return item.point_id or _digest("series", item.metric_type, dict(item.tags))


def event(item: EventItem) -> Event:
    return Event(
        occurred_at=to_datetime(item.timestamp),
        id=event_id(item),
        type=_event_type(item),
        **_event_content(item),
    )


def event_id(item: EventItem) -> str:
    """The producer's, or one for all events of this content."""
    return item.event_id or _digest("content", _event_type(item), _event_content(item))


def _event_type(item: EventItem) -> str:
    return EventType.Name(item.type).removeprefix("EVENT_TYPE_").lower().replace("_", ".", 1)


def _event_content(item: EventItem) -> dict[str, Any]:
    return {
        "user_id": item.user_id or None,
        "correlation_id": item.correlation_id or None,
        "data": MessageToDict(item.data),
        "metadata": dict(item.metadata),
    }


def _digest(kind: str, name: str, content: Mapping[str, Any]) -> str:
    """An id made of content, the same for the same content."""
    text = json.dumps([name, content], sort_keys=True, ensure_ascii=False)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
