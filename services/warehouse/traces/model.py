"""A span as it is stored. None means: not known."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class SpanKind(StrEnum):
    """What a span is of; see contract, SpanKind."""

    AGENT = "agent"
    WORKFLOW = "workflow"
    MODEL_CALL = "model_call"
    TOOL_CALL = "tool_call"
    STEP = "step"
    OTHER = "other"


class SpanOutcome(StrEnum):
    """How a span ended."""

    UNSPECIFIED = "unspecified"
    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of a trace. The names of fields are those of the columns."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    kind: SpanKind
    name: str | None = None
    started_at: datetime
    ended_at: datetime
    outcome: SpanOutcome = SpanOutcome.UNSPECIFIED
    error_type: str | None = None
    error_message: str | None = None
    service_name: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    agent_version: str | None = None
    user_id: str | None = None
    conversation_id: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    finish_reasons: tuple[str, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    tool_name: str | None = None
    tool_type: str | None = None
    tool_call_id: str | None = None
    cost_usd: Decimal | None = None
    price_version: str | None = None

    @property
    def is_run(self) -> bool:
        """Whether the span is an execution."""
        return self.kind in (SpanKind.AGENT, SpanKind.WORKFLOW)

    @property
    def has_usage(self) -> bool:
        return self.input_tokens is not None or self.output_tokens is not None

    @property
    def model(self) -> str | None:
        return self.response_model or self.request_model
