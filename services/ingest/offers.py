"""What the process serves, beside IngestService: OTLP, and prices."""

from collections.abc import Callable
from functools import partial

from google.protobuf.descriptor import FileDescriptor
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    add_TraceServiceServicer_to_server,
)
from shadower.ingest.v1 import otlp_http_service_pb2, otlp_pb2, pricing_service_pb2
from shadower.ingest.v1.otlp_http_service_pb2_grpc import add_OtlpHttpServiceServicer_to_server
from shadower.ingest.v1.pricing_service_pb2_grpc import add_PricingServiceServicer_to_server

from services.ingest.otlp.exporting import Exporting
from services.ingest.otlp.servicer import MetricsServicer, OtlpHttpServicer, TraceServicer
from services.ingest.prices.servicer import PricingServicer
from services.runtime.contract import foreign_contracts
from services.runtime.health import Probe
from services.runtime.server import Service

Register = Callable[..., None]


def otlp_services(exporting: Exporting, probe: Probe) -> list[Service]:
    traces = partial(add_TraceServiceServicer_to_server, TraceServicer(exporting))
    metrics = partial(add_MetricsServiceServicer_to_server, MetricsServicer(exporting))
    http = partial(add_OtlpHttpServiceServicer_to_server, OtlpHttpServicer(exporting))
    return [
        _service(trace_service_pb2.DESCRIPTOR, traces, probe),
        _service(metrics_service_pb2.DESCRIPTOR, metrics, probe),
        _service(otlp_http_service_pb2.DESCRIPTOR, http, probe),
    ]


def pricing_service(servicer: PricingServicer, probe: Probe) -> Service:
    register = partial(add_PricingServiceServicer_to_server, servicer)
    return _service(pricing_service_pb2.DESCRIPTOR, register, probe)


def _service(file: FileDescriptor, register: Register, probe: Probe) -> Service:
    """The only service of its file."""
    (service,) = file.services_by_name.values()
    return Service(service.full_name, register, probe, foreign_contracts(otlp_pb2.DESCRIPTOR))
