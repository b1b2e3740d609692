"""The process that makes reports and keeps them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from shadower.reports.v1.reports_service_pb2 import DESCRIPTOR
from shadower.reports.v1.reports_service_pb2_grpc import add_ReportsServiceServicer_to_server

from services.reports.cleaning import Cleaner
from services.reports.erasing import Eraser
from services.reports.exports.opening import open_exports
from services.reports.linking import Linking
from services.reports.making import Maker
from services.reports.numbers.mesh import ASKED, Mesh, Stubs
from services.reports.planning import Planner
from services.reports.rendering import open_renderer
from services.reports.servicer import ReportsServicer, Workshop
from services.reports.settings import ReportsSettings
from services.reports.storing import Writing
from services.reports.working import Worker
from services.runtime.background import in_background
from services.runtime.channels import mesh_channel
from services.runtime.draining import Draining
from services.runtime.failpoints import Failpoints
from services.runtime.mesh_tokens import mesh_tokens_of
from services.runtime.objects import open_objects
from services.runtime.pool import REPORTER_ROLE, Pool, open_pool
from services.runtime.process import run_with
from services.runtime.server import Service, serve
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.reports.definitions import DueDefinitions
from services.warehouse.reports.everywhere import ReportsEverywhere
from services.warehouse.schema import schema_version

ASKING_SECONDS = 30


async def main(settings: ReportsSettings) -> None:
    async with AsyncExitStack() as stack:
        tokens = mesh_tokens_of(settings)
        database = Database(await stack.enter_async_context(open_pool(settings)))
        everywhere = await stack.enter_async_context(open_pool(settings, REPORTER_ROLE))
        mesh = Mesh(await stack.enter_async_context(_stubs(settings)), tokens)
        objects = await stack.enter_async_context(open_objects(settings))
        writing = Writing(await stack.enter_async_context(open_renderer()), objects)
        workshop = _workshop(settings, database, everywhere, mesh, writing)
        await stack.enter_async_context(in_background(workshop.worker.follow()))
        servicer = ReportsServicer(database, workshop)
        probe, draining = partial(database.trouble, schema_version()), Draining()
        service = Service(
            DESCRIPTOR.services_by_name["ReportsService"].full_name,
            partial(add_ReportsServiceServicer_to_server, servicer),
            probe,
        )
        exports = await stack.enter_async_context(open_exports(settings, draining, probe))
        access = access_of(settings, database)
        await serve(settings, [service, exports], MessageValidator(), draining, access)


@asynccontextmanager
async def _stubs(settings: ReportsSettings) -> AsyncIterator[Stubs]:
    async with AsyncExitStack() as stack:
        yield Stubs(
            {
                service: await stack.enter_async_context(
                    mesh_channel(settings, service, dict, seconds=ASKING_SECONDS)
                )
                for service in ASKED
            }
        )


def _workshop(
    settings: ReportsSettings, database: Database, pool: Pool, mesh: Mesh, writing: Writing
) -> Workshop:
    everywhere, linking = ReportsEverywhere(pool), Linking(settings.public_url)
    objects = writing.objects
    failpoints = Failpoints(settings.failpoints)
    maker = Maker(database, everywhere, mesh, writing, linking, failpoints)
    return Workshop(
        planner=Planner(database, DueDefinitions(pool)),
        maker=maker,
        worker=Worker(maker),
        cleaner=Cleaner(database, everywhere, objects),
        eraser=Eraser(database, objects),
        linking=linking,
        objects=objects,
    )


if __name__ == "__main__":
    run_with(ReportsSettings, "reports", main)
