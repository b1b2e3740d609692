"""The outbox is read in an order in which nothing that commits late is overtaken."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.pool import RELAY_ROLE, Connection, connect
from services.warehouse.bus.outbox import Position, read
from tests.support.bus import database_of, publish_one, rows, settings_of
from tests.support.postgres import Server

INSERT = """
    insert into shadower.outbox (workspace_id, type, event_id) values ($1, 'agent.executed', $2)
"""
ORDER = "select event_id from outbox order by txid, id"


@dataclass
class Writer:
    """A transaction that writes, and then commits or not."""

    connection: "asyncpg.Connection[Any]"
    transaction: Any = None
    written: list[UUID] = field(default_factory=list)

    async def write(self) -> None:
        if self.transaction is None:
            self.transaction = self.connection.transaction()
            await self.transaction.start()
        self.written.append(uuid4())
        await self.connection.execute(INSERT, "w", self.written[-1])

    async def end(self, *, commits: bool) -> list[UUID]:
        """What of it counts."""
        if self.transaction is None:
            return []
        transaction, self.transaction = self.transaction, None
        written, self.written = self.written, []
        await (transaction.commit() if commits else transaction.rollback())
        return written if commits else []


@dataclass
class Reader:
    """Reads on from where it was, a few at a time."""

    connection: Connection
    limit: int = 3
    position: Position = field(default_factory=Position)
    heard: list[UUID] = field(default_factory=list)

    async def look(self) -> bool:
        """Whether there is more to read."""
        entries, has_more = await read(self.connection, self.position, self.limit)
        positions = [(entry.position.txid, entry.position.id) for entry in entries]
        assert positions == sorted(positions)
        assert all(place > (self.position.txid, self.position.id) for place in positions)
        self.heard += [entry.event.id for entry in entries]
        self.position = entries[-1].position if entries else self.position
        return has_more or bool(entries)


class World:
    """Writers and a reader of one database."""

    def __init__(self, writers: list[Writer], reader: Reader) -> None:
        self.writers, self.reader = writers, reader
        self.committed: set[UUID] = set()

    async def step(self, number: int, action: str) -> None:
        writer = self.writers[number]
        if action == "write":
            await writer.write()
        elif action == "read":
            await self.reader.look()
        else:
            self.committed |= set(await writer.end(commits=action == "commit"))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    writers = [Writer(await asyncpg.connect(database_url)) for _ in range(4)]
    reader = Reader(await connect(settings_of(database_url), RELAY_ROLE))
    yield World(writers, reader)
    for one in (*(writer.connection for writer in writers), reader.connection):
        await one.close()


ACTIONS = st.sampled_from(["write", "write", "commit", "rollback", "read", "read"])
STEPS = st.lists(st.tuples(st.integers(0, 3), ACTIONS), max_size=40)


def test_whatever_the_order_of_commits_all_is_read_once(postgres: Server, template: str) -> None:
    url = postgres.create(template)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def check(steps: list[tuple[int, str]]) -> None:
        asyncio.run(check_steps(url, steps))

    try:
        check()
    finally:
        postgres.drop(url)


async def check_steps(url: str, steps: list[tuple[int, str]]) -> None:
    writers = [Writer(await asyncpg.connect(url)) for _ in range(4)]
    line = await connect(settings_of(url), RELAY_ROLE)
    try:
        await writers[0].connection.execute("delete from shadower.outbox")
        world = World(writers, Reader(line))
        for number, action in steps:
            await world.step(number, action)
            assert set(world.reader.heard) <= world.committed
        for number in range(4):
            await world.step(number, "commit")
        while await world.reader.look():
            pass
    finally:
        for one in (*(writer.connection for writer in writers), line):
            await one.close()
    in_order = [row["event_id"] for row in rows(url, ORDER)]
    assert world.reader.heard == in_order
    assert set(in_order) == world.committed


async def test_an_early_event_that_commits_late_is_waited_for(world: World) -> None:
    """The case for which the order is made: by ids alone the first event would be lost."""
    await world.step(0, "write")
    await world.step(1, "write")
    await world.step(1, "commit")
    assert await world.reader.look()
    assert world.reader.heard == []
    first, second = *world.writers[0].written, *world.committed
    await world.step(0, "commit")
    await world.reader.look()
    assert world.reader.heard == [first, second]


async def test_what_is_written_at_once_by_many_is_read_once(database_url: str) -> None:
    random = Random(1)
    reader = Reader(await connect(settings_of(database_url), RELAY_ROLE), limit=50)
    async with database_of(database_url) as database:

        async def write(workspace: str) -> set[UUID]:
            written = set()
            for _ in range(40):
                written.add(await publish_one(database, workspace))
                await asyncio.sleep(random.random() / 100)
            return written

        writing = asyncio.gather(*(write(f"w-{number}") for number in range(6)))
        while not writing.done():
            await reader.look()
            await asyncio.sleep(0)
        written = set().union(*await writing)
        while await reader.look():
            pass
    await reader.connection.close()
    assert len(reader.heard) == 240
    assert set(reader.heard) == written
