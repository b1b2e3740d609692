"""The contract's services, by the modules that define them."""

from collections.abc import Iterator

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from shadower.access.v1 import access_service_pb2 as access
from shadower.agents.v1 import agents_service_pb2 as agents
from shadower.aggregates.v1 import aggregates_service_pb2 as aggregates
from shadower.alerts.v1 import alerts_service_pb2 as alerts
from shadower.bus.v1 import dead_letters_service_pb2 as bus
from shadower.exports.v1 import exports_service_pb2 as exports
from shadower.ingest.v1 import ingest_service_pb2 as ingest
from shadower.ingest.v1 import otlp_http_service_pb2 as otlp
from shadower.ingest.v1 import pricing_service_pb2 as pricing
from shadower.limits.v1 import limits_service_pb2 as limits
from shadower.metrics.v1 import metrics_service_pb2 as metrics
from shadower.reports.v1 import reports_service_pb2 as reports
from shadower.runtime.v1 import cache_service_pb2 as cache
from shadower.scheduler.v1 import scheduler_service_pb2 as scheduler
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces

MODULES = {
    "access": access,
    "agents": agents,
    "aggregates": aggregates,
    "alerts": alerts,
    "bus": bus,
    "cache": cache,
    "exports": exports,
    "ingest": ingest,
    "limits": limits,
    "metrics": metrics,
    "otlp": otlp,
    "pricing": pricing,
    "reports": reports,
    "scheduler": scheduler,
    "workspaces": workspaces,
}


def services() -> Iterator[ServiceDescriptor]:
    for module in MODULES.values():
        yield from module.DESCRIPTOR.services_by_name.values()


def methods() -> Iterator[MethodDescriptor]:
    for service in services():
        yield from service.methods
