"""What is noted of how complete the log is written: never more than is true, whoever notes it."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from services.runtime.pool import open_pool
from services.warehouse.database import Database
from services.warehouse.facts.positions import (
    Advance,
    FencedError,
    begin_positions,
    fetch_moment,
    move_position,
    note_complete,
)
from tests.support.bus import settings_of
from tests.support.oracle import by_sql
from tests.support.stack import Stack

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
EARLIER, LATER = MOMENT - timedelta(seconds=1), MOMENT + timedelta(seconds=1)


@pytest.fixture
def topic() -> str:
    return f"log-{uuid.uuid4().hex}"


@pytest.fixture
async def reader(stack: Stack, topic: str) -> AsyncIterator[Database]:
    """Over a log of two partitions that were begun and looked at never."""
    async with open_pool(settings_of(stack.database_url)) as pool:
        database = Database(pool, log_topic=topic)
        await begin_positions(database, topic, 2)
        yield database


async def told(database: Database) -> datetime | None:
    async with database.reading("w") as session:
        return session.complete_until


async def move(database: Database, topic: str, *step: int, until: datetime | None = None) -> None:
    async with database.transaction() as transaction:
        await move_position(transaction, Advance(topic, *step, complete_until=until))


async def test_a_log_is_as_complete_as_its_least_complete_partition(
    reader: Database, topic: str
) -> None:
    assert await told(reader) is None
    await note_complete(reader, topic, {0: 0}, LATER)
    assert await told(reader) is None
    await note_complete(reader, topic, {1: 0}, MOMENT)
    assert await told(reader) == MOMENT
    await note_complete(reader, topic, {0: 0, 1: 0}, LATER)
    assert await told(reader) == LATER


async def test_nothing_is_known_of_a_log_that_nobody_began(stack: Stack) -> None:
    async with open_pool(settings_of(stack.database_url)) as pool:
        assert await told(Database(pool, log_topic="nobody's")) is None
        async with Database(pool).reading("w") as straight:
            assert straight.complete_until == straight.as_of


async def test_no_answer_is_complete_beyond_its_own_moment(reader: Database, topic: str) -> None:
    ahead = await fetch_moment(reader) + timedelta(hours=1)
    await note_complete(reader, topic, {0: 0, 1: 0}, ahead)
    async with reader.reading("w") as session:
        assert session.complete_until == session.as_of < ahead


async def test_it_is_noted_only_where_the_log_ended_and_never_taken_back(
    reader: Database, topic: str
) -> None:
    await note_complete(reader, topic, {0: 0, 1: 0}, MOMENT)
    await move(reader, topic, 0, 0, 5)
    for ends in ({0: 0, 1: 1}, {0: 4}, {0: 6}):
        await note_complete(reader, topic, ends, LATER)
    await note_complete(reader, topic, {0: 5, 1: 0}, EARLIER)
    assert await told(reader) == MOMENT


async def test_who_has_lost_a_partition_notes_nothing(reader: Database, topic: str) -> None:
    await note_complete(reader, topic, {0: 0, 1: 0}, EARLIER)
    await move(reader, topic, 0, 0, 5, until=MOMENT)
    await move(reader, topic, 1, 0, 1, until=MOMENT)
    with pytest.raises(FencedError):
        await move(reader, topic, 0, 0, 7, until=LATER)
    await note_complete(reader, topic, {0: 7}, LATER)
    await note_complete(reader, topic, {1: 1}, LATER)
    assert await told(reader) == MOMENT
    await move(reader, topic, 0, 5, 7)
    await move(reader, topic, 0, 7, 8, until=EARLIER)
    assert await told(reader) == MOMENT


async def test_who_notes_waits_for_nobody(stack: Stack, reader: Database, topic: str) -> None:
    lock = "select from shadower.log_positions where topic = %s and partition = 0 for update"
    with psycopg.connect(stack.database_url) as writer:
        writer.execute(lock, [topic])
        await note_complete(reader, topic, {0: 0, 1: 0}, MOMENT)
    rows = "select partition from log_positions where topic = %s and complete_until = %s"
    assert by_sql(stack.database_url, rows, topic, MOMENT) == [(1,)]


async def test_a_new_partition_is_as_complete_as_the_log_was_without_it(
    reader: Database, topic: str
) -> None:
    await note_complete(reader, topic, {0: 0}, LATER)
    await note_complete(reader, topic, {1: 0}, MOMENT)
    await begin_positions(reader, topic, 3)
    assert await told(reader) == MOMENT
    await note_complete(reader, topic, {0: 0, 1: 0}, LATER)
    assert await told(reader) == MOMENT
    await note_complete(reader, topic, {2: 0}, LATER)
    assert await told(reader) == LATER
