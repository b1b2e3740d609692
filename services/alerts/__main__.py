"""The process that judges rules and keeps alerts."""

from contextlib import AsyncExitStack
from functools import partial

from shadower.alerts.v1.alerts_service_pb2 import DESCRIPTOR
from shadower.alerts.v1.alerts_service_pb2_grpc import add_AlertsServiceServicer_to_server

from services.alerts.evaluating import Evaluator
from services.alerts.servicer import AlertsServicer
from services.runtime.draining import Draining
from services.runtime.failpoints import Failpoints
from services.runtime.pool import EVALUATOR_ROLE, open_pool
from services.runtime.process import run
from services.runtime.server import Service, serve
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.alerts.rules import DueRules
from services.warehouse.database import Database
from services.warehouse.schema import schema_version


async def main(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings))
        database = Database(pool, settings.query_cost, settings.log)
        due = DueRules(await stack.enter_async_context(open_pool(settings, EVALUATOR_ROLE)))
        evaluator = Evaluator(database, due, Failpoints(settings.failpoints))
        servicer = AlertsServicer(database, evaluator)
        service = Service(
            DESCRIPTOR.services_by_name["AlertsService"].full_name,
            partial(add_AlertsServiceServicer_to_server, servicer),
            partial(database.trouble, schema_version()),
        )
        access = access_of(settings, database)
        await serve(settings, [service], MessageValidator(), Draining(), access)


if __name__ == "__main__":
    run("alerts", main)
