"""grpc.health.v1 that tells the truth: a service serves while what it depends on does.

The empty service name is the process itself (liveness); a service's full name is readiness. Names
of dependencies tell of what the process stands on, as it finds it itself: "postgresql", "redis".
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import structlog
from grpc_health.v1 import health, health_pb2

from services.runtime.telemetry.dependencies import Dependencies

Probe = Callable[[], Awaitable[str]]
"""Answers with what is wrong with a dependency, or with "" if nothing is."""

INTERVAL_SECONDS = 1.0
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@asynccontextmanager
async def watched_health(
    probes: Mapping[str, Probe], dependencies: Dependencies
) -> AsyncIterator[health.aio.HealthServicer]:
    """A health servicer whose answer for each service follows that service's probe."""
    servicer = health.aio.HealthServicer()
    await servicer.set("", SERVING)
    for service in probes:
        await servicer.set(service, NOT_SERVING)
    watches = [asyncio.create_task(_watch(servicer, *one)) for one in probes.items()]
    watches.append(asyncio.create_task(_tell(servicer, dependencies)))
    try:
        yield servicer
    finally:
        for watch in watches:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch


async def _watch(servicer: health.aio.HealthServicer, service: str, probe: Probe) -> None:
    known: str | None = None
    while True:
        trouble = await probe()
        if trouble != known:
            _log(service, trouble)
            await servicer.set(service, NOT_SERVING if trouble else SERVING)
            known = trouble
        await asyncio.sleep(INTERVAL_SECONDS)


async def _tell(servicer: health.aio.HealthServicer, dependencies: Dependencies) -> None:
    while True:
        for found in dependencies.found():
            await servicer.set(found.name, SERVING if found.is_up else NOT_SERVING)
        await asyncio.sleep(INTERVAL_SECONDS)


def _log(service: str, trouble: str) -> None:
    log = structlog.get_logger("health").bind(grpc_service=service)
    if trouble:
        log.warning("not serving", trouble=trouble)
    else:
        log.info("serving")
