"""What the process serves: items in, OTLP in, prices."""

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
from shadower.ingest.v1 import (
    ingest_service_pb2,
    otlp_http_service_pb2,
    otlp_pb2,
    pricing_service_pb2,
)
from shadower.ingest.v1.ingest_service_pb2_grpc import add_IngestServiceServicer_to_server
from shadower.ingest.v1.otlp_http_service_pb2_grpc import add_OtlpHttpServiceServicer_to_server
from shadower.ingest.v1.pricing_service_pb2_grpc import add_PricingServiceServicer_to_server

from services.ingest.intake.intake import Intake
from services.ingest.lag import LogEnd
from services.ingest.otlp.exporting import Exporting
from services.ingest.otlp.servicer import MetricsServicer, OtlpHttpServicer, TraceServicer
from services.ingest.prices.servicer import PricingServicer
from services.ingest.prices.source import PriceSource
from services.ingest.servicer import IngestServicer
from services.runtime.contract import foreign_contracts
from services.runtime.draining import Draining
from services.runtime.health import Probe
from services.runtime.server import Service
from services.runtime.validator import MessageValidator
from services.warehouse.database import Database
from services.warehouse.schema import schema_version
from services.warehouse.traces.repricing import Repricer

Register = Callable[..., None]


def ingest_services(  # noqa: PLR0913 - one for each part
    *,
    prices: PriceSource,
    database: Database,
    intake: Intake,
    log_end: LogEnd,
    validator: MessageValidator,
    draining: Draining,
    refusal: Probe,
) -> list[Service]:
    """The log's refusal keeps from serving who is new to it: no wait would mend it, and those who
    were let in go on in its place. A log that is away does not; each call that needs it says so."""
    of_database = partial(database.trouble, schema_version())
    probe = partial(_first, of_database, refusal)
    ingest = IngestServicer(intake, database, log_end, validator, draining)
    pricing = PricingServicer(prices, Repricer(database))
    return [
        _service(
            ingest_service_pb2.DESCRIPTOR,
            partial(add_IngestServiceServicer_to_server, ingest),
            probe,
        ),
        _service(
            pricing_service_pb2.DESCRIPTOR,
            partial(add_PricingServiceServicer_to_server, pricing),
            of_database,
        ),
        *_otlp_services(Exporting(intake, validator, prices), probe),
    ]


async def _first(*probes: Probe) -> str:
    for probe in probes:
        trouble = await probe()
        if trouble:
            return trouble
    return ""


def _otlp_services(exporting: Exporting, probe: Probe) -> list[Service]:
    traces = partial(add_TraceServiceServicer_to_server, TraceServicer(exporting))
    metrics = partial(add_MetricsServiceServicer_to_server, MetricsServicer(exporting))
    http = partial(add_OtlpHttpServiceServicer_to_server, OtlpHttpServicer(exporting))
    return [
        _service(trace_service_pb2.DESCRIPTOR, traces, probe),
        _service(metrics_service_pb2.DESCRIPTOR, metrics, probe),
        _service(otlp_http_service_pb2.DESCRIPTOR, http, probe),
    ]


def _service(file: FileDescriptor, register: Register, probe: Probe) -> Service:
    """The only service of its file."""
    (service,) = file.services_by_name.values()
    return Service(service.full_name, register, probe, foreign_contracts(otlp_pb2.DESCRIPTOR))
