"""The process that keeps house: removes what is old, erases, and looks at the services."""

from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from functools import partial
from typing import Any

from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceStub
from shadower.upkeep.v1.erasure_service_pb2 import DESCRIPTOR as ERASURE
from shadower.upkeep.v1.erasure_service_pb2_grpc import add_ErasureServiceServicer_to_server
from shadower.upkeep.v1.health_service_pb2 import DESCRIPTOR as HEALTH
from shadower.upkeep.v1.health_service_pb2_grpc import add_HealthServiceServicer_to_server
from shadower.upkeep.v1.retention_service_pb2 import DESCRIPTOR as RETENTION
from shadower.upkeep.v1.retention_service_pb2_grpc import add_RetentionServiceServicer_to_server

from services.runtime.background import in_background
from services.runtime.channels import mesh_channel
from services.runtime.draining import Draining
from services.runtime.health import Probe
from services.runtime.mesh_tokens import mesh_tokens_of
from services.runtime.pool import UPKEEP_ROLE, open_pool
from services.runtime.process import run_with
from services.runtime.redis_client import open_redis
from services.runtime.server import Service, serve
from services.runtime.validator import MessageValidator
from services.upkeep.applying import Applier
from services.upkeep.elsewhere import Elsewhere
from services.upkeep.erasure_servicer import ErasureServicer
from services.upkeep.health_servicer import HealthServicer
from services.upkeep.letters import tells_of
from services.upkeep.looking import Looker, looks_of
from services.upkeep.reports import SECONDS, SERVICE, ReportsThere
from services.upkeep.retention_servicer import RetentionServicer
from services.upkeep.settings import UpkeepSettings
from services.upkeep.standing import Processes
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.erasure.erasing import Eraser
from services.warehouse.facts.staging import create_staging
from services.warehouse.retention.workspaces import EveryWorkspace
from services.warehouse.rollups.lagging import RollupLag
from services.warehouse.schema import schema_version


async def main(settings: UpkeepSettings) -> None:
    async with AsyncExitStack() as stack:
        database = Database(await stack.enter_async_context(open_pool(settings)))
        pool = open_pool(settings, UPKEEP_ROLE, prepare=create_staging)
        everywhere = await stack.enter_async_context(pool)
        keeping = Database(everywhere, settings.query_cost, settings.log)
        redis = await stack.enter_async_context(_redis(settings))
        reports = await stack.enter_async_context(_reports(settings))
        applier = Applier(keeping, EveryWorkspace(everywhere))
        lag = RollupLag(keeping, EveryWorkspace(everywhere).pages)
        await stack.enter_async_context(in_background(lag.follow()))
        elsewhere = Elsewhere(settings, keeping, redis, [reports.erase])
        eraser = Eraser(keeping, elsewhere.erase, tells=tells_of)
        looks = looks_of(settings, database, schema_version(), redis)
        looker = Looker(looks, settings.check_seconds)
        probe = partial(database.trouble, schema_version())
        services = _services(
            RetentionServicer(database, applier),
            ErasureServicer(database, everywhere, eraser),
            HealthServicer(database, looker, Processes(settings, mesh_tokens_of(settings))),
            probe,
        )
        access = access_of(settings, database)
        await serve(settings, services, MessageValidator(), Draining(), access)


@asynccontextmanager
async def _reports(settings: UpkeepSettings) -> AsyncIterator[ReportsThere]:
    """The service that makes reports, by the mesh."""
    tokens = mesh_tokens_of(settings)
    async with mesh_channel(settings, SERVICE, dict, seconds=SECONDS) as channel:
        yield ReportsThere(ReportsServiceStub(channel), tokens)


def _services(
    retention: RetentionServicer, erasure: ErasureServicer, health: HealthServicer, probe: Probe
) -> list[Service]:
    return [
        Service(
            RETENTION.services_by_name["RetentionService"].full_name,
            partial(add_RetentionServiceServicer_to_server, retention),
            probe,
        ),
        Service(
            ERASURE.services_by_name["ErasureService"].full_name,
            partial(add_ErasureServiceServicer_to_server, erasure),
            probe,
        ),
        Service(
            HEALTH.services_by_name["HealthService"].full_name,
            partial(add_HealthServiceServicer_to_server, health),
            probe,
        ),
    ]


def _redis(settings: UpkeepSettings) -> AbstractAsyncContextManager[Any]:
    return open_redis(settings) if settings.redis_url else nullcontext()


if __name__ == "__main__":
    run_with(UpkeepSettings, "upkeep", main)
