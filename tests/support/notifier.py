"""The process that tells what happens, over a database of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub

from services.runtime.pool import open_pool
from services.warehouse.database import Database
from tests.support.bus import settings_of
from tests.support.keys import KeyRing
from tests.support.notifications import Told
from tests.support.stack import Environment, Running, ready, start, stop


@dataclass(frozen=True)
class Notifier:
    """A database of its own, and the process that tells what happens there."""

    environment: Environment
    database: Database
    running: Running
    stub: Any

    def of(self, keys: KeyRing, workspace: str) -> Told:
        return Told(self.stub, self.database, keys, workspace)


@asynccontextmanager
async def notifying(
    environment: Environment, running: Running | None = None
) -> AsyncIterator[Notifier]:
    """By a process that has been started, or a new one."""
    running = running or start("notifications", environment)
    try:
        await ready(running)
        async with (
            open_pool(settings_of(environment.database_url)) as pool,
            running.channel() as channel,
        ):
            stub = NotificationsServiceStub(channel)
            yield Notifier(environment, Database(pool), running, stub)
    finally:
        if running.process.poll() is None:
            stop(running)
