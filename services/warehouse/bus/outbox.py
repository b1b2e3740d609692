"""The outbox as its readers see it. What order that is, and why, stands in migration 0004."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any

import asyncpg

from services.runtime.bus.event import BusEvent
from services.runtime.pool import Connection, Pool
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
CHANNEL = "shadower_bus"
# A wake-up can be lost, so a reader also looks by itself.
POLL_SECONDS = 5.0
# Something is there that may not be read before another transaction has ended.
UNSETTLED_SECONDS = 0.02
# Where much happens it is read together, not commit by commit by every process.
TOGETHER_SECONDS = 0.05
BROKEN = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""How a connection, or a statement on it, can fail."""

Connect = Callable[[], Awaitable[Connection]]


@dataclass(frozen=True)
class Position:
    """A place in the order of reading; the first one is before everything."""

    txid: int = 0
    id: int = 0


@dataclass(frozen=True)
class Entry:
    """An event and its place."""

    position: Position
    event: BusEvent


@dataclass(frozen=True)
class Line:
    """A reader's connection, and what wakes it: a commit, or the connection's end."""

    connection: Connection
    awake: asyncio.Event

    async def sleep(self, seconds: float) -> None:
        """At most so long."""
        waking = asyncio.create_task(self.awake.wait())
        await asyncio.wait([waking], timeout=seconds)
        waking.cancel()


@asynccontextmanager
async def open_line(connect: Connect, channel: str = CHANNEL) -> AsyncIterator[Line]:
    line = Line(await connect(), asyncio.Event())
    try:
        line.connection.add_termination_listener(lambda _: line.awake.set())
        await line.connection.add_listener(channel, lambda *_: line.awake.set())
        yield line
    finally:
        line.connection.terminate()


async def next_entries(
    line: Line, after: Position, limit: int, nothing_yet: Callable[[], None]
) -> list[Entry]:
    """Waits until there is something to read; whoever waits is told of each look in vain."""
    while True:
        line.awake.clear()
        entries, has_more = await read(line.connection, after, limit)
        if entries:
            return entries
        nothing_yet()
        await line.sleep(UNSETTLED_SECONDS if has_more else POLL_SECONDS)


async def read(connection: Connection, after: Position, limit: int) -> tuple[list[Entry], bool]:
    """What is settled behind a position, and whether there is more that may not be read yet."""
    rows = await connection.fetch(QUERIES["read"], after.txid, after.id, limit)
    settled = list(takewhile(lambda row: row["is_settled"], rows))
    return [_entry(row) for row in settled], len(settled) < len(rows)


async def present(line: Line) -> Position:
    """The place behind everything that has happened."""
    row = await line.connection.fetchrow(QUERIES["present"])
    return Position(**dict(row or {}))


async def prune(pool: Pool, kept: timedelta, limit: int, *, has_kafka: bool) -> int:
    """Deletes at most `limit` rows that are older than that and passed by all. How many."""
    return len(await pool.fetch(QUERIES["prune"], kept, has_kafka, limit))


def _entry(row: Any) -> Entry:
    event = BusEvent(
        id=row["event_id"],
        type=row["type"],
        workspace_id=row["workspace_id"],
        created_at=row["created_at"],
        data=row["data"],
        correlation_id=row["correlation_id"],
        group=row["only_group"],
        traceparent=row["traceparent"],
    )
    return Entry(Position(row["txid"], row["id"]), event)
