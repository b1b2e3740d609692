"""Traces of a process for those who watch it: sent by OTLP, or none."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from services.runtime.telemetry.resource import NAMESPACE, resource_of
from services.runtime.telemetry.settings import TraceSettings
from services.runtime.telemetry.spans import Ended
from services.runtime.telemetry.tracer import TRACER, Tracer
from services.runtime.telemetry.wire import field, key_value

# Of spans that wait to be sent, with the statements within them; more push out the oldest.
MOST_WAITING = 4_096
MOST_AT_ONCE = 512
# Of a request. Collectors take four times as much.
MOST_BYTES = 1024 * 1024
DELAY_MS = 1_000
# A collector that is away keeps no process from ending.
LAST_WORDS_SECONDS = 2.0
# In ResourceSpans, and in the request.
SCOPE_SPANS, RESOURCE_SPANS = b"\x12", b"\x0a"


@contextmanager
def open_tracer(settings: TraceSettings, name: str) -> Iterator[Tracer | None]:
    """For all that the process does within the block; None if nobody wants to see it."""
    if not settings.sends_traces:
        yield None
        return
    processor = _processor(Exporter(settings.traces_endpoint, resource_of(name)))
    tracer = Tracer(cast(Any, processor.on_end), choice(settings), heeds=settings.heeds_callers)
    token = TRACER.set(tracer)
    try:
        yield tracer
    finally:
        TRACER.reset(token)
        processor.shutdown()  # type: ignore[no-untyped-call]


class Exporter(OTLPSpanExporter):
    """The SDK's, with TLS, headers and the like by its variables; but for what it is given."""

    def __init__(self, endpoint: str, resource: Resource) -> None:
        super().__init__(endpoint or None, timeout=LAST_WORDS_SECONDS)
        scope = ScopeSpans(scope=InstrumentationScope(name=NAMESPACE))
        self._scope = scope.SerializeToString()
        self._resource = ResourceSpans(resource=_encoded(resource)).SerializeToString()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """In as many requests as they need. What a collector does not take is lost."""
        encoded = (one.encoded() for one in cast(Sequence[Ended], spans))
        results = [self._export(cast(Any, portion)) for portion in portions(encoded)]
        is_done = all(one is SpanExportResult.SUCCESS for one in results)
        return SpanExportResult.SUCCESS if is_done else SpanExportResult.FAILURE

    def _translate_data(self, data: Sequence[Any]) -> ExportTraceServiceRequest:
        of_scope = field(SCOPE_SPANS, b"".join((self._scope, *data)))
        return ExportTraceServiceRequest.FromString(
            field(RESOURCE_SPANS, self._resource + of_scope)
        )


def portions(encoded: Iterable[bytes]) -> Iterator[list[bytes]]:
    portion, size = list[bytes](), 0
    for one in encoded:
        if portion and size + len(one) > MOST_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(one)
        size += len(one)
    if portion:
        yield portion


def _encoded(resource: Resource) -> resource_pb2.Resource:
    texts = {key: str(value) for key, value in resource.attributes.items()}
    return resource_pb2.Resource(attributes=[key_value(*one) for one in texts.items()])


def _processor(exporter: Exporter) -> BatchSpanProcessor:
    """In a thread of its own, at most once a second, or as soon as there is enough."""
    told = os.environ
    return BatchSpanProcessor(
        exporter,
        max_queue_size=None if "OTEL_BSP_MAX_QUEUE_SIZE" in told else MOST_WAITING,
        schedule_delay_millis=None if "OTEL_BSP_SCHEDULE_DELAY" in told else DELAY_MS,
        max_export_batch_size=None if "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" in told else MOST_AT_ONCE,
    )


def choice(settings: TraceSettings) -> Callable[[int], bool]:
    """By the trace's id alone, as the SDK's sampler has it, so that all processes choose alike."""
    bound = TraceIdRatioBased.get_bound_for_rate(settings.traced_part)
    return lambda trace_id: trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < bound
