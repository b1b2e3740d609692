"""The process that answers for agents."""

from functools import partial

from shadower.agents.v1.agents_service_pb2 import DESCRIPTOR
from shadower.agents.v1.agents_service_pb2_grpc import add_AgentsServiceServicer_to_server

from services.agents.servicer import AgentsServicer
from services.runtime.draining import Draining
from services.runtime.pool import open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.database import Database
from services.warehouse.schema import schema_version


async def main(settings: Settings) -> None:
    async with open_pool(settings) as pool:
        database = Database(pool)
        servicer = AgentsServicer(database)
        service = Service(
            DESCRIPTOR.services_by_name["AgentsService"].full_name,
            partial(add_AgentsServiceServicer_to_server, servicer),
            partial(database.trouble, schema_version()),
        )
        await serve(settings, [service], MessageValidator(), Draining())


if __name__ == "__main__":
    run("agents", main)
