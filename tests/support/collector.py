"""A collector of traces: takes in by OTLP what services and the edge tell, and keeps it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1 import trace_pb2

SECONDS = 15


@dataclass(frozen=True)
class Told:
    """A span, as it was told."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    attributes: Mapping[str, Any]
    links: frozenset[str]
    """Traces to which it has links."""
    failure: str | None


@dataclass
class Trace:
    """The spans of one trace that have come by now."""

    spans: list[Told]

    def of(self, service: str) -> list[Told]:
        return [span for span in self.spans if span.service == service]

    def named(self, name: str) -> list[Told]:
        return [span for span in self.spans if span.name == name]

    def path(self, span: Told) -> list[str]:
        """The names of spans from the outermost one that was told to this one."""
        by_id = {one.span_id: one for one in self.spans}
        names = [span.name]
        while span.parent_id in by_id:
            span = by_id[span.parent_id]
            names.insert(0, span.name)
        return names


@dataclass
class Collector(TraceServiceServicer):
    """Keeps all, as long as the tests last."""

    spans: list[Told] = field(default_factory=list)
    address: str = ""
    largest: int = 0
    """Bytes of a request."""

    async def Export(
        self, request: ExportTraceServiceRequest, context: Any
    ) -> ExportTraceServiceResponse:
        self.largest = max(self.largest, request.ByteSize())
        for one in request.resource_spans:
            service = _values(one.resource)["service.name"]
            for scope in one.scope_spans:
                self.spans += [told(service, span) for span in scope.spans]
        return ExportTraceServiceResponse()

    def trace(self, trace_id: str) -> Trace:
        return Trace([span for span in self.spans if span.trace_id == trace_id])

    async def trace_with(self, trace_id: str, is_whole: Callable[[Trace], object]) -> Trace:
        """As soon as it is; what it has by then if it never is, for a test to say what lacks."""
        try:
            async with asyncio.timeout(SECONDS):
                while not is_whole(self.trace(trace_id)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        return self.trace(trace_id)


@asynccontextmanager
async def running_collector() -> AsyncIterator[Collector]:
    collector, server = Collector(), grpc.aio.server()
    add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    collector.address = f"http://127.0.0.1:{port}"
    await server.start()
    try:
        yield collector
    finally:
        await server.stop(0)


def telling(collector: Collector) -> tuple[tuple[str, str], ...]:
    """The environment of services that tell it of what callers want to be recorded, and of nothing
    else."""
    return (
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.address),
        ("OTEL_TRACES_SAMPLER", "parentbased_always_off"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    )


def told(service: str, span: trace_pb2.Span) -> Told:
    is_failed = span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    return Told(
        service=service,
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=_values(span),
        links=frozenset(link.trace_id.hex() for link in span.links),
        failure=span.status.message if is_failed else None,
    )


def _values(told: Any) -> dict[str, Any]:
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
        for one in told.attributes
    }
