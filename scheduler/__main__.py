"""The process that does things at times. Several may run: one of them leads."""

import os
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

from shadower.scheduler.v1.scheduler_service_pb2 import DESCRIPTOR
from shadower.scheduler.v1.scheduler_service_pb2_grpc import add_SchedulerServiceServicer_to_server

from scheduler.calling import Caller
from scheduler.jobs import JOBS
from scheduler.leading import LIFE, Leading
from scheduler.running import Runner
from scheduler.schedule import Schedule
from scheduler.servicer import SchedulerServicer
from scheduler.settings import SchedulerSettings
from services.runtime.background import in_background
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.certificate import certificate_of
from services.runtime.channels import open_stream_channel
from services.runtime.draining import Draining
from services.runtime.failpoints import Failpoints
from services.runtime.mesh_tokens import mesh_tokens_of
from services.runtime.pool import SCHEDULER_ROLE, open_pool
from services.runtime.process import run_with
from services.runtime.server import Service, serve
from services.runtime.validator import MessageValidator
from services.warehouse.access.opening import access_of
from services.warehouse.database import Database
from services.warehouse.schedule.jobs import Workspaces
from services.warehouse.schedule.leases import Lease
from services.warehouse.schedule.runs import Runs
from services.warehouse.schema import schema_version


async def main(settings: SchedulerSettings) -> None:
    async with AsyncExitStack() as stack:
        tokens = mesh_tokens_of(settings)
        database = Database(await stack.enter_async_context(open_pool(settings)))
        everywhere = await stack.enter_async_context(open_pool(settings, SCHEDULER_ROLE))
        opening = open_stream_channel(settings.mesh, certificate=certificate_of(settings))
        channel = await stack.enter_async_context(opening)
        lease = Lease(database, SYSTEM_WORKSPACE, "scheduler", _own_name(), LIFE)
        caller = Caller(channel, tokens, Workspaces(everywhere))
        failpoints = Failpoints(settings.failpoints)
        runner = _runner(database, lease, caller, failpoints)
        leading = Leading(lease, runner, list(JOBS.values()))
        await stack.enter_async_context(in_background(leading.follow()))
        service = Service(
            DESCRIPTOR.services_by_name["SchedulerService"].full_name,
            partial(add_SchedulerServiceServicer_to_server, SchedulerServicer(database, JOBS)),
            partial(database.trouble, schema_version()),
        )
        access = access_of(settings, database)
        await serve(settings, [service], MessageValidator(), Draining(), access)


def _runner(
    database: Database, lease: Lease, caller: Caller, failpoints: Failpoints
) -> Callable[[int], Runner]:
    schedule = Schedule(database, SYSTEM_WORKSPACE, JOBS)
    return lambda fence: Runner(schedule, Runs(lease, fence), caller, failpoints=failpoints)


def _own_name() -> str:
    """That no process before had: one that is begun again is another holder."""
    return f"{socket.gethostname()}/{os.getpid()}/{os.urandom(6).hex()}"


if __name__ == "__main__":
    run_with(SchedulerSettings, "scheduler", main)
