"""grpc.health.v1 that tells the truth: a service serves while what it depends on does.

The service `liveness` is the process itself, as long as it lives; so is the empty name, until it is
told to end. A service's full name is readiness.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from grpc_health.v1 import health, health_pb2

Probe = Callable[[], Awaitable[str]]
"""Answers with what is wrong with a dependency, or with "" if nothing is."""

LIVENESS = "liveness"
INTERVAL_SECONDS = 1.0
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@dataclass(frozen=True)
class Health:
    """What the process says of itself."""

    servicer: health.aio.HealthServicer
    services: Collection[str]
    _watches: Collection["asyncio.Task[None]"]

    async def say_that_it_ends(self) -> None:
        """It lives, and serves nobody new."""
        await self.unwatch()
        for service in ("", *self.services):
            await self.servicer.set(service, NOT_SERVING)

    async def unwatch(self) -> None:
        for watch in self._watches:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch


@asynccontextmanager
async def watched_health(probes: Mapping[str, Probe]) -> AsyncIterator[Health]:
    """A health whose answer for each service follows that service's probe."""
    servicer = health.aio.HealthServicer()
    for living in (LIVENESS, ""):
        await servicer.set(living, SERVING)
    for service in probes:
        await servicer.set(service, NOT_SERVING)
    watches = [asyncio.create_task(_watch(servicer, *one)) for one in probes.items()]
    watched = Health(servicer, list(probes), watches)
    try:
        yield watched
    finally:
        await watched.unwatch()


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
