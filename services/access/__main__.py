"""The process that says who may come in."""

from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

from edge_api import external_auth_service_pb2
from edge_api.external_auth_service_pb2_grpc import add_AuthorizationServicer_to_server
from shadower.access.v1.access_service_pb2 import DESCRIPTOR
from shadower.access.v1.access_service_pb2_grpc import add_AccessServiceServicer_to_server

from services.access.admission import Admission
from services.access.checking import AuthorizationChecks
from services.access.servicer import AccessServicer
from services.access.uses import Uses, keep_forgetting
from services.runtime.background import in_background
from services.runtime.draining import Draining
from services.runtime.mesh_tokens import mesh_tokens_of
from services.runtime.pool import KEEPER_ROLE, open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.access.keeping import Keeper
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.schema import schema_version


async def main(settings: Settings) -> None:
    tokens = mesh_tokens_of(settings)
    async with AsyncExitStack() as stack:
        database = Database(await stack.enter_async_context(open_pool(settings)))
        keeper = Keeper(await stack.enter_async_context(open_pool(settings, KEEPER_ROLE)))
        access = access_of(settings, database)
        uses = Uses(keeper.note_uses)
        await stack.enter_async_context(
            in_background(uses.keep_writing(), keep_forgetting(keeper.forget_expired))
        )
        admission = Admission(keeper, tokens, access.revocations, uses)
        services = [_access(settings, database), _checks(database, admission)]
        await serve(settings, services, MessageValidator(), Draining(), access)


def _access(settings: Settings, database: Database) -> Service:
    servicer = AccessServicer(database, timedelta(seconds=settings.jwt_max_seconds))
    return Service(
        DESCRIPTOR.services_by_name["AccessService"].full_name,
        partial(add_AccessServiceServicer_to_server, servicer),
        partial(database.trouble, schema_version()),
    )


def _checks(database: Database, admission: Admission) -> Service:
    return Service(
        external_auth_service_pb2.DESCRIPTOR.services_by_name["Authorization"].full_name,
        partial(add_AuthorizationServicer_to_server, AuthorizationChecks(admission)),
        partial(database.trouble, schema_version()),
        is_for_the_edge=True,
    )


if __name__ == "__main__":
    run("access", main)
