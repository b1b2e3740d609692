"""What a group on Kafka cannot read becomes a letter, and the partition moves on."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg import sql
from shadower.bus.v1.envelope_pb2 import Envelope

from services.runtime.bus.envelope import MAX_BYTES, SCHEMA_VERSION
from services.runtime.bus.kafka_group import KafkaGroup
from services.runtime.kafka_traces import Record
from services.warehouse.bus.dead_letters import bury_alone
from tests.support.bus import QUICK, Heard, database_of, letters, taking_part
from tests.support.bus_on_kafka import Bus
from tests.support.waiting import until


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
