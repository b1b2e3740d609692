"""OTLP's own services, and ours for OTLP over HTTP: exports in, what was refused out."""

from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_pb
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
)
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_pb
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceServicer
from shadower.ingest.v1 import otlp_http_service_pb2 as pb
from shadower.ingest.v1.otlp_http_service_pb2_grpc import OtlpHttpServiceServicer

from services.ingest.otlp.encoding import decode, encode
from services.ingest.otlp.exporting import Exporting
from services.runtime.call import Context, current_call


class TraceServicer(TraceServiceServicer):
    """Spans over gRPC."""

    def __init__(self, exporting: Exporting) -> None:
        self._exporting = exporting

    async def Export(
        self, request: trace_pb.ExportTraceServiceRequest, context: Context
    ) -> trace_pb.ExportTraceServiceResponse:
        return await self._exporting.traces(request)


class MetricsServicer(MetricsServiceServicer):
    """Points of metrics over gRPC."""

    def __init__(self, exporting: Exporting) -> None:
        self._exporting = exporting

    async def Export(
        self, request: metrics_pb.ExportMetricsServiceRequest, context: Context
    ) -> metrics_pb.ExportMetricsServiceResponse:
        return await self._exporting.metrics(request)


class OtlpHttpServicer(OtlpHttpServiceServicer):
    """Both over HTTP."""

    def __init__(self, exporting: Exporting) -> None:
        self._exporting = exporting

    async def ExportTraces(
        self, request: pb.ExportTracesRequest, context: Context
    ) -> pb.ExportTracesResponse:
        export = decode(request.body, trace_pb.ExportTraceServiceRequest, _content_encoding())
        reply = await self._exporting.traces(export)
        return pb.ExportTracesResponse(body=encode(reply, request.body))

    async def ExportMetrics(
        self, request: pb.ExportMetricsRequest, context: Context
    ) -> pb.ExportMetricsResponse:
        export = decode(request.body, metrics_pb.ExportMetricsServiceRequest, _content_encoding())
        reply = await self._exporting.metrics(export)
        return pb.ExportMetricsResponse(body=encode(reply, request.body))


def _content_encoding() -> str:
    """That of the HTTP request, which the edge hands on."""
    return current_call().metadata.get("content-encoding", "")
