"""A span of OTLP as a span of ours. Pure; see decision 0018."""

from dataclasses import asdict

from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from shadower.ingest.v1.span_pb2 import Span, SpanKind, SpanOutcome

from services.ingest.otlp import dialects
from services.ingest.otlp.attributes import Attributes, printable
from services.ingest.otlp.kinds import Kind, kind_of
from services.ingest.otlp.usage import usage_of

NANOS = 10**9
MAX_NAME = 256
MAX_ERROR = 4096
OUTCOMES = {
    Status.STATUS_CODE_OK: SpanOutcome.SPAN_OUTCOME_OK,
    Status.STATUS_CODE_ERROR: SpanOutcome.SPAN_OUTCOME_ERROR,
}
RUNS = (SpanKind.SPAN_KIND_AGENT, SpanKind.SPAN_KIND_WORKFLOW)


def to_span(told: OtlpSpan, scope: str, service_name: str) -> Span:
    """May break the rules of the contract, which the caller is to check."""
    attributes = Attributes(told.attributes, dialects.KEYS)
    kind = kind_of(attributes)
    span = _skeleton(told, kind)
    if kind != SpanKind.SPAN_KIND_OTHER or attributes.text(dialects.OPERATION, 1):
        _fill(span, told, attributes, service_name)
        _set_usage(span, attributes, scope)
    return span


def _skeleton(told: OtlpSpan, kind: Kind) -> Span:
    return Span(
        trace_id=told.trace_id.hex(),
        span_id=told.span_id.hex(),
        # Some emitters write zeros where there is no parent.
        parent_span_id=told.parent_span_id.hex() if any(told.parent_span_id) else "",
        kind=kind,
        start_time=_time(told.start_time_unix_nano),
        end_time=_time(told.end_time_unix_nano),
    )


def _fill(span: Span, told: OtlpSpan, attributes: Attributes, service_name: str) -> None:
    for field, (limit, keys) in dialects.TEXTS.items():
        setattr(span, field, attributes.text(keys, limit))
    span.name = printable(told.name, MAX_NAME)
    span.service_name = service_name
    span.agent_id = span.agent_id.replace("/", "_")
    span.provider = dialects.PROVIDERS.get(span.provider.lower(), span.provider.lower())
    span.outcome = OUTCOMES.get(told.status.code, SpanOutcome.SPAN_OUTCOME_UNSPECIFIED)
    span.error_message = told.status.message[:MAX_ERROR].replace("\0", " ")
    _set_names(span, attributes)


def _set_names(span: Span, attributes: Attributes) -> None:
    names = dialects.AGENT_NAME if span.kind in RUNS else dialects.AGENT_NAME_BESIDE
    span.agent_name = attributes.text(names, MAX_NAME)
    if span.kind == SpanKind.SPAN_KIND_TOOL_CALL:
        span.tool_name = attributes.text(dialects.TOOL_NAME, 128)
    span.finish_reasons.extend(attributes.texts(dialects.FINISH_REASONS, 64)[:16])


def _set_usage(span: Span, attributes: Attributes, scope: str) -> None:
    for field, count in asdict(usage_of(attributes, scope)).items():
        if count is not None:
            setattr(span, field, count)


def _time(nanos: int) -> Timestamp | None:
    """Zero is how OTLP says that there is none."""
    return Timestamp(seconds=nanos // NANOS, nanos=nanos % NANOS) if nanos else None
