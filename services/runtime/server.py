"""How any service of ours runs: one grpc.aio server, from its first probe to its drained end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from shadower.runtime.v1.statistics_service_pb2 import DESCRIPTOR as STATISTICS
from shadower.runtime.v1.statistics_service_pb2_grpc import (
    add_StatisticsServiceServicer_to_server,
)

from services.runtime.access import Access
from services.runtime.background import in_background
from services.runtime.binding import bind, bind_in_plain
from services.runtime.chain import Chain
from services.runtime.contract import MethodContract
from services.runtime.draining import Draining
from services.runtime.guarding import GuardedServer
from services.runtime.health import Health, Probe, watched_health
from services.runtime.identity import TokenVerifier
from services.runtime.interceptors import standard_chain
from services.runtime.interceptors.audit import Audit
from services.runtime.issuers import issuers_of
from services.runtime.measured_server import MeasuredServer
from services.runtime.pem_files import Validity, validity_of
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.servicer import StatisticsServicer
from services.runtime.validator import MessageValidator

# Twice the largest request of the contract, so that its own limit speaks first.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
    # Two processes on one port would share its calls in silence.
    ("grpc.so_reuseport", 0),
    # A token that is too long gets an answer from us, not a reset from the transport.
    ("grpc.max_metadata_size", 128 * 1024),
    ("grpc.absolute_max_metadata_size", 256 * 1024),
    ("grpc.keepalive_time_ms", 60_000),
    # The status of a stream waits behind what its reader does not take, and so would the
    # stream. Whoever does not read at all is let go with its connection.
    ("grpc.max_connection_age_ms", 3_600_000),
    ("grpc.max_connection_age_grace_ms", 3_600_000),
    # The edge finds out so whether a process still answers, also while nothing is asked of it.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
)

HAS_SERVED: ContextVar[bool] = ContextVar("has_served", default=False)
"""Whether the process has come to answer calls."""


@dataclass(frozen=True)
class Service:
    """One thing that a process serves: a gRPC service by its full name, and when it can."""

    name: str
    register: Callable[[Any], None]
    probe: Probe
    foreign: Mapping[str, MethodContract] = field(default_factory=dict)
    """What our contract asks of its methods, if others define them."""
    is_for_the_edge: bool = False
    """Only the edge calls it, which has no token; and it lets nobody else through to it."""


async def serve(
    settings: Settings,
    services: Sequence[Service],
    validator: MessageValidator,
    draining: Draining,
    access: Access,
) -> None:
    """Serves until SIGTERM or SIGINT, then takes no new calls and lets those in flight end."""
    services = [*services, _statistics()]
    # First of all, so that a process whose keys are of no use ends before it says anything.
    issuers = issuers_of(settings)
    await issuers.load()
    verifier = TokenVerifier(settings, issuers, access.revocations)
    interceptors = standard_chain(settings, verifier, validator, Audit(access.audit))
    chain = Chain(interceptors, settings.slow_reader_seconds)
    server = grpc.aio.server(options=OPTIONS)
    validity = validity_of(settings)
    probes = {one.name: partial(_trouble, access, validity, one) for one in services}
    watched = watched_health(probes, instruments().dependencies)
    work = (
        *issuers.following(),
        access.revocations.follow(access.opened),
        *chain.following(),
    )
    for_the_edge = MeasuredServer(server, instruments())
    async with watched as health, in_background(*work):
        for service in services:
            guarded = GuardedServer(server, chain, service.foreign)
            service.register(for_the_edge if service.is_for_the_edge else guarded)
        health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
        if settings.reflection:
            _enable_reflection(server, [service.name for service in services])
        async with _health_port(settings, health), _listening(server, settings):
            await _told_to_end(draining)
            await health.say_that_it_ends()
            await draining.notice(settings.notice_seconds)


def _statistics() -> Service:
    """What every process serves beside its own."""
    return Service(
        STATISTICS.services_by_name["StatisticsService"].full_name,
        partial(add_StatisticsServiceServicer_to_server, StatisticsServicer(instruments())),
        _no_trouble,
    )


async def _no_trouble() -> str:
    """It depends on nothing."""
    return ""


async def _trouble(access: Access, validity: Validity | None, service: Service) -> str:
    """The certificate first: whatever else is wrong, nobody would hear of it."""
    expired = validity.trouble() if validity else ""
    return expired or await service.probe() or access.revocations.trouble()


def _enable_reflection(server: grpc.aio.Server, services: Sequence[str]) -> None:
    health = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
    reflection.enable_server_reflection((*services, health, reflection.SERVICE_NAME), server)


@asynccontextmanager
async def _listening(server: grpc.aio.Server, settings: Settings) -> AsyncIterator[None]:
    log: Any = structlog.get_logger("server")
    bind(server, settings)
    await server.start()
    HAS_SERVED.set(True)
    log.info("listening", address=settings.listen, environment=settings.environment)
    try:
        yield
    finally:
        await server.stop(settings.drain_seconds)
        log.info("stopped")


@asynccontextmanager
async def _health_port(settings: Settings, health: Health) -> AsyncIterator[None]:
    """For probes that have no certificate: a port that tells how the process is, and nothing
    else."""
    if not settings.health_listen:
        yield
        return
    server = grpc.aio.server(options=OPTIONS)
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    bind_in_plain(server, settings.health_listen)
    await server.start()
    try:
        yield
    finally:
        await server.stop(None)


async def _told_to_end(draining: Draining) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, draining.tell)
    await draining.told()
