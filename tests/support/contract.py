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
from shadower.notifications.v1 import notifications_service_pb2 as notifications
from shadower.reports.v1 import reports_service_pb2 as reports
from shadower.runtime.v1 import cache_service_pb2 as cache
from shadower.runtime.v1 import statistics_service_pb2 as statistics
from shadower.scheduler.v1 import scheduler_service_pb2 as scheduler
from shadower.upkeep.v1 import erasure_service_pb2 as erasure
from shadower.upkeep.v1 import health_service_pb2 as health
from shadower.upkeep.v1 import retention_service_pb2 as retention
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
    "notifications": notifications,
    "otlp": otlp,
    "pricing": pricing,
    "reports": reports,
    "scheduler": scheduler,
    "erasure": erasure,
    "health": health,
    "retention": retention,
    "statistics": statistics,
    "workspaces": workspaces,
}


def services() -> Iterator[ServiceDescriptor]:
    for module in MODULES.values():
        yield from module.DESCRIPTOR.services_by_name.values()


def methods() -> Iterator[MethodDescriptor]:
    for service in services():
        yield from service.methods
