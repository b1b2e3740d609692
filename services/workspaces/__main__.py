"""The process that summarises workspaces."""

from functools import partial

from shadower.workspaces.v1.workspaces_service_pb2 import DESCRIPTOR
from shadower.workspaces.v1.workspaces_service_pb2_grpc import (
    add_WorkspacesServiceServicer_to_server,
)

from services.runtime.draining import Draining
from services.runtime.pool import open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.database import Database
from services.warehouse.schema import schema_version
from services.workspaces.servicer import WorkspacesServicer


async def main(settings: Settings) -> None:
    async with open_pool(settings) as pool:
        database = Database(pool)
        servicer = WorkspacesServicer(database)
        service = Service(
            DESCRIPTOR.services_by_name["WorkspacesService"].full_name,
            partial(add_WorkspacesServiceServicer_to_server, servicer),
            partial(database.trouble, schema_version()),
        )
        await serve(settings, [service], MessageValidator(), Draining())


if __name__ == "__main__":
    run("workspaces", main)
