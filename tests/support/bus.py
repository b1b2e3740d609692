"""Publishers and subscribers of the bus, in this process and as processes of their own."""

import asyncio
import json
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.runtime.bus.attempts import Backoff
from services.runtime.bus.envelope import encode
from services.runtime.bus.event import BusEvent, GroupSubscriber, Handler
from services.runtime.pool import RELAY_ROLE, connect, open_pool
from services.runtime.settings import Settings
from services.warehouse.bus.publishing import Published, publish
from services.warehouse.bus.subscribers import OutboxSubscriber
from services.warehouse.database import Database
from tests.support.stack import ROOT, Environment

SECONDS = 60
QUICK = Backoff(attempts=3, first_seconds=0.01, factor=2)


def settings_of(url: str, brokers: str = "", **more: Any) -> Settings:
    return Settings(DATABASE_URL=url, KAFKA_BROKERS=brokers, jwks_file=Path("unused"), **more)


@asynccontextmanager
async def database_of(url: str) -> AsyncIterator[Database]:
    async with open_pool(settings_of(url)) as pool:
        yield Database(pool)


async def publish_one(
    database: Database, workspace: str, kind: str = "agent.executed", **fields: Any
) -> uuid.UUID:
    event_id = uuid.uuid4()
    async with database.writing(workspace) as session:
        await publish(session, Published(kind, id=event_id, **fields))
    return event_id


def outbox_subscriber(url: str, group: str) -> GroupSubscriber:
    line = partial(connect, settings_of(url), RELAY_ROLE)
    return OutboxSubscriber(line, group, encode, QUICK)


@dataclass
class Heard:
    """A handler that notes what it handles, and fails where it is told to."""

    fails: Callable[[BusEvent], bool] = lambda _: False
    events: list[BusEvent] = field(default_factory=list)
    attempts: int = 0

    async def handle(self, event: BusEvent) -> None:
        self.attempts += 1
        if self.fails(event):
            raise KeyError("no such thing")
        self.events.append(event)

    @property
    def ids(self) -> list[uuid.UUID]:
        return [event.id for event in self.events]


@asynccontextmanager
async def taking_part(subscriber: GroupSubscriber, handler: Handler) -> AsyncIterator[None]:
    task = asyncio.create_task(subscriber.run(handler))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def rows(url: str, query: str, *values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("set search_path to shadower")
        return connection.execute(query, values).fetchall()


def letters(url: str) -> list[dict[str, Any]]:
    return rows(url, "select * from dead_letters order by failed_at")


@dataclass(frozen=True)
class Member:
    """A member of a group as a process of its own; what it handles it writes to a file."""

    process: "subprocess.Popen[bytes]"
    diary: Path

    def lines(self) -> list[dict[str, Any]]:
        whole = self.diary.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def ids(self) -> list[uuid.UUID]:
        """Of the events that it has handled to the end."""
        return [uuid.UUID(line["id"]) for line in self.lines() if line["done"]]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(SECONDS)


@contextmanager
def member(environment: Environment, group: str, *, seconds: float = 0) -> Iterator[Member]:
    """Takes `seconds` over each event."""
    diary = environment.logs / f"{group}-{uuid.uuid4().hex}.jsonl"
    diary.touch()
    command = [sys.executable, "-m", "tests.support.bus_member", group, str(diary), str(seconds)]
    with diary.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment.of("unused"), stdout=log, stderr=log
        )
    try:
        yield Member(process, diary)
    finally:
        process.kill()
        process.wait(SECONDS)
