"""The bus on Kafka: from the outbox through the relay to groups, whatever dies meanwhile."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from shadower.bus.v1.envelope_pb2 import Envelope

from services.runtime.bus.envelope import MAX_BYTES, SCHEMA_VERSION
from services.runtime.bus.event import GroupSubscriber
from services.runtime.bus.kafka_group import KafkaGroup
from services.runtime.kafka import ensure_topic
from services.runtime.kafka_sender import Record, open_sender
from services.runtime.settings import Settings
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.database import Database
from tests.support.bus import (
    QUICK,
    SECONDS,
    Heard,
    Member,
    database_of,
    letters,
    member,
    publish_one,
    rows,
    settings_of,
    taking_part,
    until,
)
from tests.support.kafka import kept_records
from tests.support.stack import Environment, Running, ready, start, stop

PARTITIONS = 2


@dataclass(frozen=True)
class Bus:
    """A bus of the test's own: database, topic, and processes that are told of both."""

    settings: Settings
    database: Database
    environment: Environment

    @property
    def url(self) -> str:
        return self.settings.database_url

    def group(self, name: str) -> GroupSubscriber:
        return KafkaGroup(self.settings, name, partial(bury_alone, self.database), QUICK)

    async def publish(self, count: int) -> list[UUID]:
        return [await publish_one(self.database, f"w-{number % 5}") for number in range(count)]

    async def ids_in_topic(self) -> list[UUID]:
        values = await kept_records(self.settings, self.settings.bus_topic)
        return [UUID(Envelope.FromString(value).id) for value in values]

    async def until_in_topic(self, count: int) -> None:
        async with asyncio.timeout(SECONDS):
            while len(await self.ids_in_topic()) < count:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)

    async def send(self, *records: Record) -> None:
        async with open_sender(self.settings) as sender:
            await sender.send(self.settings.bus_topic, records)


@pytest.fixture
async def bus(database_url: str, kafka: str, jwks_file: Path, tmp_path: Path) -> AsyncIterator[Bus]:
    topic = f"bus.{uuid.uuid4().hex[:12]}"
    settings = settings_of(database_url, kafka, bus_topic=topic, topic_partitions=PARTITIONS)
    await ensure_topic(settings, topic)
    told = {
        "KAFKA_BROKERS": kafka,
        "SHADOWER_BUS_TOPIC": topic,
        "SHADOWER_TOPIC_PARTITIONS": str(PARTITIONS),
    }
    environment = Environment(database_url, jwks_file, tmp_path, tuple(told.items()))
    async with database_of(database_url) as database:
        yield Bus(settings, database, environment)


@asynccontextmanager
async def relay_of(bus: Bus) -> AsyncIterator[Running]:
    relay = start("relay", bus.environment)
    try:
        await ready(relay)
        yield relay
    finally:
        if relay.process.poll() is None:
            assert stop(relay) == 0


def unique(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


async def test_each_group_gets_everything_once(bus: Bus) -> None:
    first = await bus.publish(3)
    one, other = Heard(), Heard()
    async with (
        relay_of(bus),
        taking_part(bus.group("one"), one.handle),
        taking_part(bus.group("other"), other.handle),
    ):
        ids = first + await bus.publish(20)
        await until(lambda: len(one.ids) >= 23 and len(other.ids) >= 23)
    for heard in (one, other):
        assert len(heard.ids) == 23
        for number in range(5):
            workspace = [event for event in heard.events if event.workspace_id == f"w-{number}"]
            assert [event.id for event in workspace] == [
                event_id for event_id in ids if event_id in {event.id for event in workspace}
            ]
        assert set(heard.ids) == set(ids)


async def test_a_member_takes_over_what_a_dead_one_had(bus: Bus) -> None:
    async with relay_of(bus):
        with member(bus.environment, "g") as first, member(bus.environment, "g") as second:
            ids = await published_until_both_handle(bus, first, second)
            await until(lambda: set(first.ids() + second.ids()) == set(ids))
            first.kill()
            more = await bus.publish(20)
            # Kafka waits out the session of the dead before it shares its partitions out.
            await until(lambda: set(more) <= set(second.ids()))
            handled = first.ids() + second.ids()
    # Whoever joins or dies may have its last ones handled again, and nothing else.
    assert set(handled) == {*ids, *more}


async def published_until_both_handle(bus: Bus, first: Member, second: Member) -> list[UUID]:
    ids: list[UUID] = []
    async with asyncio.timeout(SECONDS):
        while not (first.ids() and second.ids()):
            ids += await bus.publish(5)
            await asyncio.sleep(0.2)
    return ids


@contextmanager
def held_position(url: str) -> Iterator[None]:
    """Nobody can move the relay meanwhile."""
    with psycopg.connect(url) as holder:
        lock = "select from shadower.bus_positions where group_name = 'relay' for update"
        assert holder.execute(lock).rowcount == 1
        yield


async def test_a_relay_that_dies_before_it_moves_on_repeats_and_loses_nothing(bus: Bus) -> None:
    async with relay_of(bus):
        before = await bus.publish(1)
        await until(lambda: is_passed(bus.url, before[0]))
    ids = await bus.publish(10)
    with held_position(bus.url):
        async with relay_of(bus) as relay:
            await bus.until_in_topic(11)
            relay.process.kill()
            relay.process.wait(SECONDS)
    heard = Heard()
    async with relay_of(bus), taking_part(bus.group("g"), heard.handle):
        last = await bus.publish(1)
        await until(lambda: last[0] in heard.ids and len(heard.ids) >= 22)
        in_topic = await bus.ids_in_topic()
    assert set(in_topic) == {*before, *ids, *last}
    # The repetitions are the same events, which is how a handler knows them.
    assert sorted(in_topic) == sorted(before + ids + ids + last)
    assert sorted(unique(heard.ids)) == sorted(before + ids + last)


def is_passed(url: str, event_id: UUID) -> bool:
    query = """
        select from outbox o, bus_positions p
        where event_id = %s and group_name = 'relay' and (o.txid, o.id) <= (p.txid, p.id)
    """
    return len(rows(url, query, event_id)) == 1


async def test_an_event_that_cannot_be_handled_becomes_a_letter(bus: Bus) -> None:
    ids = [await publish_one(bus.database, "w") for _ in range(3)]
    picky = Heard(fails=lambda event: event.id == ids[1])
    async with relay_of(bus), taking_part(bus.group("picky"), picky.handle):
        await until(lambda: picky.ids == [ids[0], ids[2]])
        await until(lambda: len(letters(bus.url)) == 1)
    (letter,) = letters(bus.url)
    told = {name: letter[name] for name in ("reason", "topic", "position", "group_name")}
    assert told == {
        "reason": "HANDLER_FAILED",
        "topic": bus.settings.bus_topic,
        "position": 1,
        "group_name": "picky",
    }
    assert UUID(Envelope.FromString(letter["payload"]).id) == ids[1]
    assert (letter["key"], letter["attempts"], letter["workspace_id"]) == (b"w", 3, "w")


def envelope(**fields: Any) -> Envelope:
    given = {"schema_version": SCHEMA_VERSION, "id": str(uuid.uuid4()), "type": 1}
    return Envelope(**(given | {"workspace_id": "w"} | fields))


def record(message: Envelope, key: bytes | None = b"w") -> Record:
    return Record(key, message.SerializeToString())


BAD: dict[str, tuple[Record, str, str]] = {
    "no envelope": (Record(b"w", b"\xff\x00"), "RECORD_MALFORMED", "w"),
    "nothing": (Record(b"w", b""), "RECORD_MALFORMED", "w"),
    "oversized": (Record(b"w", b"x" * (MAX_BYTES + 1)), "RECORD_MALFORMED", "w"),
    "newer": (record(envelope(schema_version=2)), "SCHEMA_VERSION_UNKNOWN", "w"),
    "no id": (record(envelope(id="x")), "RECORD_MALFORMED", "w"),
    "no type": (record(envelope(type=0)), "RECORD_MALFORMED", "w"),
    "unknown type": (record(envelope(type=999)), "RECORD_MALFORMED", "w"),
    "no key": (record(envelope(), None), "RECORD_MALFORMED", "shadower-system"),
    "no workspace": (record(envelope(), b"a/b\xff"), "RECORD_MALFORMED", "shadower-system"),
    "another": (record(envelope(), b"other"), "RECORD_MALFORMED", "other"),
}


async def test_what_cannot_be_read_becomes_a_letter_and_holds_up_nothing(bus: Bus) -> None:
    heard = Heard()
    for bad, _, _ in BAD.values():
        await bus.send(bad, record(envelope()))
    async with taking_part(bus.group("g"), heard.handle):
        await until(lambda: len(heard.ids) == len(BAD) and len(letters(bus.url)) == len(BAD))
    filed = sorted(
        (bytes(letter["payload"]), letter["reason"], letter["workspace_id"])
        for letter in letters(bus.url)
    )
    assert filed == sorted((bad.value, reason, where) for bad, reason, where in BAD.values())
    assert {letter["group_name"] for letter in letters(bus.url)} == {"g"}
    places = {(letter["partition"], letter["position"]) for letter in letters(bus.url)}
    assert len(places) == len(BAD)
    again = Heard()
    async with taking_part(bus.group("g"), again.handle):
        await bus.send(record(envelope()))
        await until(lambda: len(again.ids) == 1)
    assert len(letters(bus.url)) == len(BAD)


async def test_a_letter_is_filed_before_the_partition_moves_on(bus: Bus) -> None:
    await bus.send(BAD["nothing"][0], record(envelope()))
    heard = Heard()
    with read_only(bus.url):
        async with taking_letters_to(bus, heard):
            await asyncio.sleep(3)
            assert (heard.ids, letters(bus.url)) == ([], [])
    async with taking_letters_to(bus, heard):
        await until(lambda: len(heard.ids) == 1)
    assert len(letters(bus.url)) == 1


@asynccontextmanager
async def taking_letters_to(bus: Bus, heard: Heard) -> AsyncIterator[None]:
    """With connections to the database that are made now."""
    async with database_of(bus.url) as database:
        group = KafkaGroup(bus.settings, "g", partial(bury_alone, database), QUICK)
        async with taking_part(group, heard.handle):
            yield


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """The database takes nothing from those who connect meanwhile."""
    with psycopg.connect(url, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        setting = sql.SQL("default_transaction_read_only")
        connection.execute(sql.SQL("alter database {} set {} = on").format(database, setting))
        yield
        connection.execute(sql.SQL("alter database {} reset {}").format(database, setting))
