"""The services as their users run them: real processes on real ports."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
from edge_api.external_auth_service_pb2_grpc import AuthorizationStub
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceStub as OtlpMetricsStub,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from shadower.access.v1.access_service_pb2_grpc import AccessServiceStub
from shadower.agents.v1.agents_service_pb2_grpc import AgentsServiceStub
from shadower.aggregates.v1.aggregates_service_pb2_grpc import AggregatesServiceStub
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceStub
from shadower.exports.v1.exports_service_pb2_grpc import ExportsServiceStub
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.ingest.v1.otlp_http_service_pb2_grpc import OtlpHttpServiceStub
from shadower.ingest.v1.pricing_service_pb2_grpc import PricingServiceStub
from shadower.limits.v1.limits_service_pb2_grpc import LimitsServiceStub
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub
from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceStub
from shadower.runtime.v1.cache_service_pb2_grpc import CacheServiceStub
from shadower.runtime.v1.statistics_service_pb2_grpc import StatisticsServiceStub
from shadower.scheduler.v1.scheduler_service_pb2_grpc import SchedulerServiceStub
from shadower.upkeep.v1.erasure_service_pb2_grpc import ErasureServiceStub
from shadower.upkeep.v1.health_service_pb2_grpc import HealthServiceStub
from shadower.upkeep.v1.retention_service_pb2_grpc import RetentionServiceStub
from shadower.workspaces.v1.workspaces_service_pb2_grpc import WorkspacesServiceStub

from cli.stack.services import module_of
from tests.support.ports import free_port

ROOT = Path(__file__).parent.parent.parent
READY_SECONDS = 240

SERVICES = {
    "ingest": "shadower.ingest.v1.IngestService",
    "metrics": "shadower.metrics.v1.MetricsService",
    "aggregates": "shadower.aggregates.v1.AggregatesService",
    "workspaces": "shadower.workspaces.v1.WorkspacesService",
    "agents": "shadower.agents.v1.AgentsService",
    "relay": "shadower.bus.v1.DeadLettersService",
    "limits": "shadower.limits.v1.LimitsService",
    "access": "shadower.access.v1.AccessService",
    "scheduler": "shadower.scheduler.v1.SchedulerService",
    "alerts": "shadower.alerts.v1.AlertsService",
    "notifications": "shadower.notifications.v1.NotificationsService",
    "reports": "shadower.reports.v1.ReportsService",
    "upkeep": "shadower.upkeep.v1.RetentionService",
}
# What every process serves beside its own services.
EVERYWHERE = "shadower.runtime.v1.StatisticsService"
# They call others, and are told where those are: the last one where all are.
CALLERS = ("reports", "upkeep")
# Services that another one's process serves beside it.
SERVED_WITH = {
    "ingest": (
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
        "opentelemetry.proto.collector.trace.v1.TraceService",
        "shadower.ingest.v1.OtlpHttpService",
        "shadower.ingest.v1.PricingService",
    ),
    "limits": ("envoy.service.ratelimit.v3.RateLimitService",),
    "reports": ("shadower.exports.v1.ExportsService",),
    "access": ("envoy.service.auth.v3.Authorization",),
    "upkeep": ("shadower.upkeep.v1.ErasureService", "shadower.upkeep.v1.HealthService"),
    **dict.fromkeys(
        ("metrics", "aggregates", "workspaces", "agents"), ("shadower.runtime.v1.CacheService",)
    ),
}


@dataclass(frozen=True)
class Environment:
    """What services are told."""

    database_url: str
    jwks_file: Path
    logs: Path
    extra: tuple[tuple[str, str], ...] = ()
    jwks_url: str = ""
    """Where an identity provider publishes its keys, if they are in no file."""
    is_measured: bool = False
    """Whether each process has a port for its metrics."""

    def of(self, address: str) -> dict[str, str]:
        keys = {"SHADOWER_JWKS_URL": self.jwks_url} if self.jwks_url else self._of_file()
        return {
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'gen'}",
            "DATABASE_URL": self.database_url,
            **keys,
            **self._of_mesh(),
            "SHADOWER_ENVIRONMENT": "development",
            "SHADOWER_LISTEN": address,
            "SHADOWER_NOTICE_SECONDS": "0",
            "SHADOWER_OBJECTS_URL": (self.logs / "objects").absolute().as_uri(),
            # Whoever wants Kafka says so, whatever brokers the tests may use.
            "KAFKA_BROKERS": "",
            "REDIS_URL": "",
            # What is recorded is asked for at once. Answers are remembered, and proven each time.
            "SHADOWER_CACHE_STALENESS_SECONDS": "0",
            **dict(self.extra),
        }

    def _of_file(self) -> dict[str, str]:
        return {"SHADOWER_JWKS_FILE": str(self.jwks_file)}

    def _of_mesh(self) -> dict[str, str]:
        """Its keys lie beside those of others, if it has any."""
        key, public = map(self.jwks_file.with_name, ("mesh-key.json", "mesh-jwks.json"))
        if not public.exists():
            return {}
        return {"SHADOWER_MESH_KEY_FILE": str(key), "SHADOWER_MESH_JWKS_FILE": str(public)}


@dataclass(frozen=True)
class Running:
    """A service's process and where it listens."""

    name: str
    address: str
    process: "subprocess.Popen[bytes]"
    log: Path
    metrics_port: int = 0

    def channel(self) -> grpc.aio.Channel:
        return grpc.aio.insecure_channel(
            self.address, options=(("grpc.use_local_subchannel_pool", 1),)
        )


class Stubs:
    """A stub of every service, over channels that one test session shares."""

    def __init__(self, channels: dict[str, grpc.aio.Channel]) -> None:
        self.ingest: Any = IngestServiceStub(channels["ingest"])
        self.pricing: Any = PricingServiceStub(channels["ingest"])
        self.otlp: Any = OtlpHttpServiceStub(channels["ingest"])
        self.otlp_traces: Any = TraceServiceStub(channels["ingest"])
        self.otlp_metrics: Any = OtlpMetricsStub(channels["ingest"])
        self.metrics: Any = MetricsServiceStub(channels["metrics"])
        self.aggregates: Any = AggregatesServiceStub(channels["aggregates"])
        self.workspaces: Any = WorkspacesServiceStub(channels["workspaces"])
        self.agents: Any = AgentsServiceStub(channels["agents"])
        self.cache: Any = CacheServiceStub(channels["metrics"])
        self.statistics: Any = StatisticsServiceStub(channels["metrics"])
        self.access: Any = AccessServiceStub(channels["access"])
        self.checks: Any = AuthorizationStub(channels["access"])
        self.alerts: Any = AlertsServiceStub(channels["alerts"])
        self.notifications: Any = NotificationsServiceStub(channels["notifications"])
        self.exports: Any = ExportsServiceStub(channels["reports"])
        self.reports: Any = ReportsServiceStub(channels["reports"])
        self.bus: Any = DeadLettersServiceStub(channels["relay"])
        self.limits: Any = LimitsServiceStub(channels["limits"])
        self.scheduler: Any = SchedulerServiceStub(channels["scheduler"])
        self.retention: Any = RetentionServiceStub(channels["upkeep"])
        self.erasure: Any = ErasureServiceStub(channels["upkeep"])
        self.health: Any = HealthServiceStub(channels["upkeep"])


def not_here(channel: grpc.aio.Channel) -> dict[str, grpc.aio.Channel]:
    """For stubs of services that nobody asks: those that say who may come in, how often, what is
    done at times, when to tell of what, and whom, what is reported, and what to remove."""
    names = ("access", "limits", "scheduler", "alerts", "notifications", "reports", "upkeep")
    return dict.fromkeys(names, channel)


@dataclass(frozen=True)
class Stack:
    """All services, ready."""

    running: dict[str, Running]
    stubs: Stubs
    database_url: str


def mesh(running: Mapping[str, "Running"]) -> str:
    """Where each service is, as those are told who call them."""
    return json.dumps(
        {
            service: one.address
            for name, one in running.items()
            for service in (SERVICES[name], *SERVED_WITH.get(name, ()))
        }
    )


def start(name: str, environment: Environment, *program: str) -> Running:
    """The service's own module, unless it is run by another one."""
    address = f"127.0.0.1:{free_port()}"
    metrics_port = free_port() if environment.is_measured else 0
    measured = {"OTEL_EXPORTER_PROMETHEUS_PORT": str(metrics_port)} if metrics_port else {}
    log = environment.logs / f"{name}-{address.rpartition(':')[2]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *(program or (module_of(name),))],
            cwd=ROOT,
            env=environment.of(address) | measured,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Running(name, address, process, log, metrics_port)


async def ready(service: Running) -> None:
    """Returns when the service says that it serves."""
    async with service.channel() as channel, asyncio.timeout(READY_SECONDS):
        health = health_pb2_grpc.HealthStub(channel)
        while (
            await _state(health, SERVICES[service.name]) != health_pb2.HealthCheckResponse.SERVING
        ):
            assert service.process.poll() is None, service.log.read_text()
            await asyncio.sleep(0.05)


async def _state(health: Any, name: str) -> int:
    """What the service says of itself; UNKNOWN while nobody answers."""
    request = health_pb2.HealthCheckRequest(service=name)
    try:
        return int((await health.Check(request, wait_for_ready=True, timeout=2)).status)
    except grpc.aio.AioRpcError:
        return int(health_pb2.HealthCheckResponse.UNKNOWN)


def stop(service: Running, number: signal.Signals = signal.SIGTERM) -> int:
    service.process.send_signal(number)
    return ended(service)


def ended(service: Running) -> int:
    """The exit code of one that was told to end."""
    try:
        return service.process.wait(60)
    except subprocess.TimeoutExpired:
        service.process.kill()
        raise


def stop_all(services: Iterable[Running]) -> None:
    """All are told before one is waited for. Raises ExceptionGroup if there was one that does not
    end."""
    told, failed = list(services), list[Exception]()
    for service in told:
        service.process.terminate()
    for service in told:
        try:
            ended(service)
        except subprocess.TimeoutExpired as late:
            failed.append(late)
    if failed:
        raise ExceptionGroup("services did not end", failed)


@asynccontextmanager
async def running_stack(environment: Environment) -> AsyncIterator[Stack]:
    running = {name: start(name, environment) for name in SERVICES if name not in CALLERS}
    for name in CALLERS:
        told = (*environment.extra, ("SHADOWER_MESH", mesh(running)))
        running[name] = start(name, replace(environment, extra=told))
    try:
        await asyncio.gather(*map(ready, running.values()))
        channels = {name: service.channel() for name, service in running.items()}
        yield Stack(running, Stubs(channels), environment.database_url)
        for channel in channels.values():
            await channel.close()
    finally:
        stop_all(running.values())
