"""Facts as they are stored. None means: not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

NOTHING: Mapping[str, Any] = {}


class FactKind(StrEnum):
    """Kinds of facts, each with an account of its own in the ledger."""

    EXECUTION = "execution"
    METRIC_POINT = "metric_point"
    EVENT = "event"
    SPAN = "span"
    UNREADABLE = "unreadable"
    """Entries of the log, one each, whatever they held. There is no way to store one."""


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


class Execution(NamedTuple):
    """One run of one agent. A tuple, so that a row of it is written as it is."""

    execution_id: str
    started_at: datetime
    status: Status
    agent_id: str
    ended_at: datetime | None = None
    error_type: ErrorType | None = None
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
    metadata: Mapping[str, str] = NOTHING


RunChange = tuple[Execution | None, Execution | None]
"""A run as it was stored, and as it is now; either may be none."""


class MetricPoint(NamedTuple):
    """One measurement. Two points of one time and one id are the same point."""

    occurred_at: datetime
    id: str
    metric_type: str
    value: float
    tags: Mapping[str, str] = NOTHING


class Event(NamedTuple):
    """Something that happened. Two events of one time and one id are the same event."""

    occurred_at: datetime
    id: str
    type: str
    user_id: str | None = None
    correlation_id: str | None = None
    data: Mapping[str, Any] = NOTHING
    metadata: Mapping[str, str] = NOTHING


class Outcome(StrEnum):
    """What became of a fact that arrived."""

    STORED = "stored"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    TOO_OLD = "too_old"
    """It is from before what the workspace still keeps."""


@dataclass(frozen=True)
class Recorded:
    """The outcome for one fact; of a conflict, also the fields that contradict."""

    outcome: Outcome
    conflicting: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return self.outcome in (Outcome.CONFLICT, Outcome.TOO_OLD)


STORED = Recorded(Outcome.STORED)
UPDATED = Recorded(Outcome.UPDATED)
DUPLICATE = Recorded(Outcome.DUPLICATE)
TOO_OLD = Recorded(Outcome.TOO_OLD)
