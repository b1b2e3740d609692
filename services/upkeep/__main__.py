"""The process that keeps house: removes what is old, erases, and looks at the services."""

from contextlib import AsyncExitStack
from functools import partial

from shadower.upkeep.v1.retention_service_pb2 import DESCRIPTOR
from shadower.upkeep.v1.retention_service_pb2_grpc import add_RetentionServiceServicer_to_server

from services.runtime.draining import Draining
from services.runtime.pool import UPKEEP_ROLE, open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.upkeep.applying import Applier
from services.upkeep.retention import RetentionServicer
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.facts.staging import create_staging
from services.warehouse.schedule.jobs import Workspaces
from services.warehouse.schema import schema_version


async def main(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        database = Database(await stack.enter_async_context(open_pool(settings)))
        pool = open_pool(settings, UPKEEP_ROLE, prepare=create_staging)
        keeping = await stack.enter_async_context(pool)
        applier = Applier(Database(keeping, settings.query_cost), Workspaces(keeping))
        service = Service(
            DESCRIPTOR.services_by_name["RetentionService"].full_name,
            partial(add_RetentionServiceServicer_to_server, RetentionServicer(database, applier)),
            partial(database.trouble, schema_version()),
        )
        access = access_of(settings, database)
        await serve(settings, [service], MessageValidator(), Draining(), access)


if __name__ == "__main__":
    run("upkeep", main)
