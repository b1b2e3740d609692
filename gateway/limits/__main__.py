"""The process that the edge asks about each request, and that tells and sets limits."""

from contextlib import AsyncExitStack
from functools import partial

from edge_api.rate_limit_service_pb2 import DESCRIPTOR as EDGE
from edge_api.rate_limit_service_pb2_grpc import add_RateLimitServiceServicer_to_server
from shadower.limits.v1.limits_service_pb2 import DESCRIPTOR
from shadower.limits.v1.limits_service_pb2_grpc import add_LimitsServiceServicer_to_server

from gateway.limits.counters import Counters, OwnCounters
from gateway.limits.edge_servicer import EdgeServicer
from gateway.limits.instruments import observe_limiter
from gateway.limits.limiter import Limiter
from gateway.limits.overrides import Overrides
from gateway.limits.quotas import Quotas
from gateway.limits.redis_counters import RedisCounters
from gateway.limits.servicer import LimitsServicer
from services.runtime.background import in_background
from services.runtime.draining import Draining
from services.runtime.health import Probe
from services.runtime.identity import TokenVerifier
from services.runtime.issuers import issuers_of
from services.runtime.pool import LIMITER_ROLE, open_pool
from services.runtime.process import run
from services.runtime.redis_client import open_redis
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.limits.changes import LimitChanges
from services.warehouse.limits.quotas import QuotaChanges
from services.warehouse.schema import schema_version


async def main(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        database = Database(await stack.enter_async_context(open_pool(settings)))
        everywhere = await stack.enter_async_context(open_pool(settings, LIMITER_ROLE))
        overrides = Overrides(LimitChanges(everywhere))
        quotas = Quotas(database, QuotaChanges(everywhere))
        limiter = Limiter(OwnCounters(), await _shared(settings, stack))
        observe_limiter(limiter, instruments().meter)
        access = access_of(settings, database)
        issuers = issuers_of(settings)
        await issuers.load()
        following = (*issuers.following(), overrides.follow(), quotas.follow())
        await stack.enter_async_context(in_background(*following))
        verifier = TokenVerifier(settings, issuers, access.revocations)
        services = [
            _limits(
                LimitsServicer(database, overrides, quotas, limiter),
                partial(_trouble, database, overrides),
            ),
            _edge(overrides, EdgeServicer(verifier, overrides, quotas, limiter)),
        ]
        await serve(settings, services, MessageValidator(), Draining(), access)


async def _shared(settings: Settings, stack: AsyncExitStack) -> Counters | None:
    if not settings.redis_url:
        return None
    client = await stack.enter_async_context(open_redis(settings))
    return RedisCounters(client, settings.redis_timeout_seconds)


async def _trouble(database: Database, overrides: Overrides) -> str:
    """Of the process, which the edge judges by this one service: who does not know yet what was
    set, would refuse by what is usual."""
    return await database.trouble(schema_version()) or await overrides.trouble()


def _limits(servicer: LimitsServicer, probe: Probe) -> Service:
    return Service(
        DESCRIPTOR.services_by_name["LimitsService"].full_name,
        partial(add_LimitsServiceServicer_to_server, servicer),
        probe,
    )


def _edge(overrides: Overrides, servicer: EdgeServicer) -> Service:
    return Service(
        EDGE.services_by_name["RateLimitService"].full_name,
        partial(add_RateLimitServiceServicer_to_server, servicer),
        overrides.trouble,
        is_for_the_edge=True,
    )


if __name__ == "__main__":
    run("limits", main)
