"""From the contract's spans to the warehouse's."""

from decimal import Decimal
from typing import Any

from shadower.ingest.v1 import span_pb2 as pb

from services.runtime.times import to_datetime
from services.warehouse.traces.model import Span, SpanKind, SpanOutcome

KINDS = {
    number: SpanKind(name.removeprefix("SPAN_KIND_").lower())
    for name, number in pb.SpanKind.items()
    if number
}
OUTCOMES = {
    number: SpanOutcome(name.removeprefix("SPAN_OUTCOME_").lower())
    for name, number in pb.SpanOutcome.items()
}
TEXTS = (
    *("parent_span_id", "name", "error_type", "error_message", "service_name"),
    *("agent_id", "agent_name", "agent_version", "user_id", "conversation_id"),
    *("provider", "request_model", "response_model", "response_id"),
    *("tool_name", "tool_type", "tool_call_id", "price_version"),
)
COUNTS = (
    *("input_tokens", "output_tokens"),
    *("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
)


def span(item: pb.Span) -> Span:
    known: dict[str, Any] = {name: getattr(item, name) or None for name in TEXTS}
    known |= {name: getattr(item, name) for name in COUNTS if item.HasField(name)}  # type: ignore[arg-type] # Names of fields.
    return Span(
        trace_id=item.trace_id,
        span_id=item.span_id,
        kind=KINDS[item.kind],
        outcome=OUTCOMES[item.outcome],
        started_at=to_datetime(item.start_time),
        ended_at=to_datetime(item.end_time),
        finish_reasons=tuple(item.finish_reasons),
        cost_usd=Decimal(item.cost_usd) if item.HasField("cost_usd") else None,
        **known,
    )
