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
from services.warehouse.facts.model import (
    NOTHING,
    ErrorType,
    Event,
    Execution,
    MetricPoint,
    Status,
)

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
ERROR_TYPE_OF_STATUS = {
    common.EXECUTION_STATUS_FAILED: ErrorType.UNKNOWN,
    common.EXECUTION_STATUS_TIMED_OUT: ErrorType.TIMEOUT,
}


def execution(item: ExecutionItem) -> Execution:
    """Each field by its name, which takes less time than to go through a list of them.

    Raises ValueError or LookupError for what cannot have passed the rules of the contract.
    """
    is_set = item.HasField
    if not (item.execution_id and item.agent_id and is_set("start_time")):
        raise ValueError("an execution has an id, an agent and a start")
    return Execution(
        execution_id=item.execution_id,
        started_at=to_datetime(item.start_time),
        status=STATUSES[item.status],
        agent_id=item.agent_id,
        ended_at=to_datetime(item.end_time) if is_set("end_time") else None,
        error_type=ERROR_TYPES.get(item.error_type) or ERROR_TYPE_OF_STATUS.get(item.status),
        agent_name=item.agent_name or None,
        agent_version=item.agent_version or None,
        user_id=item.user_id or None,
        model=item.model or None,
        provider=item.provider or None,
        input_tokens=item.input_tokens if is_set("input_tokens") else None,
        output_tokens=item.output_tokens if is_set("output_tokens") else None,
        cached_input_tokens=item.cached_input_tokens if is_set("cached_input_tokens") else None,
        cost_usd=Decimal(item.cost_usd) if is_set("cost_usd") else None,
        credits=Decimal(item.credits) if is_set("credits") else None,
        user_rating=item.user_rating if is_set("user_rating") else None,
        tool_calls=item.tool_calls if is_set("tool_calls") else None,
        parent_execution_id=item.parent_execution_id or None,
        conversation_id=item.conversation_id or None,
        error_message=item.error_message or None,
        metadata=dict(item.metadata) if item.metadata else NOTHING,
    )


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
