"""An export of spans, judged span by span."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from shadower.ingest.v1.span_pb2 import Span

from services.ingest.otlp.refusals import refusals_in_words
from services.ingest.otlp.resources import service_name
from services.ingest.otlp.spans import to_span
from services.runtime.validator import MessageValidator

# What a span says beyond that, nobody reads; to look through it for what we know has a price.
MAX_SPAN_ATTRIBUTES = 10_000


@dataclass
class JudgedSpans:
    """The good ones, and why each of the others is not."""

    spans: list[Span] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def response(self) -> ExportTraceServiceResponse:
        if not self.refused:
            return ExportTraceServiceResponse()
        partial = ExportTracePartialSuccess(
            rejected_spans=len(self.refused), error_message=refusals_in_words(self.refused)
        )
        return ExportTraceServiceResponse(partial_success=partial)


def judge_spans(request: ExportTraceServiceRequest, validator: MessageValidator) -> JudgedSpans:
    judged = JudgedSpans()
    for told, scope, service in _flat(request):
        if len(told.attributes) > MAX_SPAN_ATTRIBUTES:
            judged.refused.append(f"a span has more than {MAX_SPAN_ATTRIBUTES} attributes")
            continue
        span = to_span(told, scope, service)
        violations = validator.violations(span)
        judged.refused += [f"{v.field}: {v.description}" for v in violations[:1]]
        if not violations:
            judged.spans.append(span)
    return judged


def _flat(request: ExportTraceServiceRequest) -> Iterator[tuple[OtlpSpan, str, str]]:
    """Each span with the names of its scope and of its program."""
    for resource in request.resource_spans:
        service = service_name(resource.resource)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield span, scope.scope.name, service
