"""From the contract's items to the warehouse's facts."""

import hashlib
import json
from collections.abc import Mapping
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


def execution(item: ExecutionItem) -> Execution:
    status = STATUSES[item.status]
    return Execution(
        execution_id=item.execution_id,
        started_at=to_datetime(item.start_time),
        ended_at=to_datetime(item.end_time) if item.HasField("end_time") else None,
        status=status,
        error_type=ERROR_TYPES.get(item.error_type, ERROR_TYPE_OF_STATUS.get(status)),
        agent_id=item.agent_id,
        agent_name=item.agent_name or None,
        agent_version=item.agent_version or None,
        user_id=item.user_id or None,
        model=item.model or None,
        provider=item.provider or None,
        input_tokens=_present(item, "input_tokens"),
        output_tokens=_present(item, "output_tokens"),
        cached_input_tokens=_present(item, "cached_input_tokens"),
        cost_usd=_decimal(item, "cost_usd"),
        credits=_decimal(item, "credits"),
        user_rating=_present(item, "user_rating"),
        tool_calls=_present(item, "tool_calls"),
        parent_execution_id=item.parent_execution_id or None,
        conversation_id=item.conversation_id or None,
        error_message=item.error_message or None,
        metadata=dict(item.metadata),
    )


def metric_point(item: PointItem) -> MetricPoint:
    tags = dict(item.tags)
    return MetricPoint(
        occurred_at=to_datetime(item.timestamp),
        id=item.point_id or _digest("series", item.metric_type, tags),
        metric_type=item.metric_type,
        value=item.value,
        tags=tags,
    )


def event(item: EventItem) -> Event:
    kind = EventType.Name(item.type).removeprefix("EVENT_TYPE_").lower().replace("_", ".", 1)
    content: dict[str, Any] = {
        "user_id": item.user_id or None,
        "correlation_id": item.correlation_id or None,
        "data": MessageToDict(item.data),
        "metadata": dict(item.metadata),
    }
    return Event(
        occurred_at=to_datetime(item.timestamp),
        id=item.event_id or _digest("content", kind, content),
        type=kind,
        **content,
    )


def _present(item: ExecutionItem, name: str) -> Any:
    return getattr(item, name) if item.HasField(name) else None  # type: ignore[arg-type]


def _decimal(item: ExecutionItem, name: str) -> Decimal | None:
    text = _present(item, name)
    return None if text is None else Decimal(text)


def _digest(kind: str, name: str, content: Mapping[str, Any]) -> str:
    """An id made of content, the same for the same content."""
    text = json.dumps([name, content], sort_keys=True, ensure_ascii=False)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
