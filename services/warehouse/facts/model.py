"""Facts as they are stored. None means: not known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where a run stands, or how it ended."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class ErrorType(StrEnum):
    """Why a run failed or timed out."""

    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    VALIDATION = "validation"
    MODEL_ERROR = "model_error"
    NETWORK = "network"
    AUTH = "auth"
    RESOURCE = "resource"
    USER_ERROR = "user_error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One run of one agent. The order of fields is that of the columns."""

    execution_id: str
    started_at: datetime
    ended_at: datetime | None = None
    status: Status
    error_type: ErrorType | None = None
    agent_id: str
    agent_name: str | None = None
    agent_version: str | None = None
    user_id: str | None = None
    model: str | None = None
    provider: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    cost_usd: Decimal | None = None
    credits: Decimal | None = None
    user_rating: int | None = None
    tool_calls: int | None = None
    parent_execution_id: str | None = None
    conversation_id: str | None = None
    error_message: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MetricPoint:
    """One measurement. Two points of one time and one id are the same point."""

    occurred_at: datetime
    id: str
    metric_type: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. Two events of one time and one id are the same event."""

    occurred_at: datetime
    id: str
    type: str
    user_id: str | None = None
    correlation_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


class Outcome(StrEnum):
    """What became of a fact that arrived."""

    STORED = "stored"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Recorded:
    """The outcome for one fact; of a conflict, also the fields that contradict."""

    outcome: Outcome
    conflicting: tuple[str, ...] = ()
