"""grpc.health.v1 that tells the truth: a service serves while what it depends on does.

The empty service name is the process itself (liveness); a service's full name is readiness.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from grpc_health.v1 import health, health_pb2

from services.runtime.background import in_background

Probe = Callable[[], Awaitable[str]]
"""Answers with what is wrong with a dependency, or with "" if nothing is.

Raises CannotServeError if the process must end."""

INTERVAL_SECONDS = 1.0
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@asynccontextmanager
async def watched_health(probes: Mapping[str, Probe]) -> AsyncIterator[health.aio.HealthServicer]:
    """A health servicer whose answer for each service follows that service's probe."""
    servicer = health.aio.HealthServicer()
    await servicer.set("", SERVING)
    for service in probes:
        await servicer.set(service, NOT_SERVING)
    async with in_background(*(_watch(servicer, *one) for one in probes.items())):
        yield servicer


async def _watch(servicer: health.aio.HealthServicer, service: str, probe: Probe) -> None:
    known: str | None = None
    while True:
        trouble = await probe()
        if trouble != known:
            _log(service, trouble)
            await servicer.set(service, NOT_SERVING if trouble else SERVING)
            known = trouble
        await asyncio.sleep(INTERVAL_SECONDS)


def _log(service: str, trouble: str) -> None:
    log = structlog.get_logger("health").bind(grpc_service=service)
    if trouble:
        log.warning("not serving", trouble=trouble)
    else:
        log.info("serving")
