"""Groups of subscribers on the outbox: each event to each group, whatever dies meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path

import asyncpg
import psycopg
import pytest

from services.runtime.background import in_background
from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.bus.envelope import encode
from services.runtime.bus.event import BusEvent
from services.runtime.pool import RELAY_ROLE, connect, open_pool
from services.runtime.telemetry.shapes import INTERNAL, Shape
from services.runtime.telemetry.tracer import of_its_own
from services.warehouse.bus.groups import LostPlaceError, OutboxGroup
from services.warehouse.bus.outbox import TOGETHER_SECONDS, Entry, prune
from services.warehouse.bus.subscribers import OutboxSubscriber
from services.warehouse.database import Database
from services.warehouse.facts.changes import log_change
from tests.support.bus import (
    SECONDS,
    Heard,
    database_of,
    letters,
    member,
    outbox_subscriber,
    publish_one,
    rows,
    settings_of,
    taking_part,
)
from tests.support.recording import MARCH
from tests.support.spans import recording
from tests.support.stack import Environment
from tests.support.waiting import until

POSITION = "select txid::text::bigint as txid, id from bus_positions where group_name = %s"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with database_of(database_url) as database:
        yield database


@pytest.fixture
def environment(database_url: str, jwks_file: Path, tmp_path: Path) -> Environment:
    return Environment(database_url, jwks_file, tmp_path)


async def test_each_group_gets_everything_once(database_url: str, database: Database) -> None:
    """Also what happened before the group was there."""
    first = await publish_one(database, "w-1", data={"a": [1]}, correlation_id="c")
    one, other = Heard(), Heard()
    async with (
        taking_part(outbox_subscriber(database_url, "one"), one.handle),
        taking_part(outbox_subscriber(database_url, "other"), other.handle),
    ):
        ids = [first, *[await publish_one(database, f"w-{number}") for number in range(9)]]
        await until(lambda: len(one.ids) >= 10 and len(other.ids) >= 10)
        assert one.ids == other.ids == ids
    event = one.events[0]
    assert (event.type, event.workspace_id, event.correlation_id) == ("agent.executed", "w-1", "c")
    assert event.data == {"a": [1]}
    again = Heard()
    async with taking_part(outbox_subscriber(database_url, "one"), again.handle):
        last = await publish_one(database, "w-1")
        await until(lambda: bool(again.ids))
    assert again.ids == [last]


async def test_what_is_rolled_back_did_not_happen(database_url: str, database: Database) -> None:
    heard = Heard()
    async with taking_part(outbox_subscriber(database_url, "g"), heard.handle):
        with pytest.raises(ZeroDivisionError):
            await fail_after_a_change(database)
        event_id = await publish_one(database, "w")
        await until(lambda: bool(heard.ids))
    assert heard.ids == [event_id]


async def fail_after_a_change(database: Database) -> None:
    async with database.writing("w") as session:
        await log_change(session, [MARCH])
        raise ZeroDivisionError


async def test_a_change_of_a_workspace_is_news(database_url: str, database: Database) -> None:
    heard = Heard()
    async with taking_part(outbox_subscriber(database_url, "g"), heard.handle):
        for times in ([MARCH, MARCH + timedelta(hours=5)], [MARCH]):
            async with database.writing("w") as session:
                await log_change(session, times)
        await until(lambda: len(heard.events) == 3)
    hour = ["2024-03-31T23:00:00+00:00", "2024-04-01T00:00:00+00:00"]
    later = ["2024-04-01T04:00:00+00:00", "2024-04-01T05:00:00+00:00"]
    assert [(event.type, event.data) for event in heard.events] == [
        ("workspace.created", {"revision": 1, "touched": [hour, later]}),
        ("workspace.updated", {"revision": 1, "touched": [hour, later]}),
        ("workspace.updated", {"revision": 2, "touched": [hour]}),
    ]


async def test_one_member_handles_and_another_takes_over(
    database: Database, environment: Environment
) -> None:
    with member(environment, "g") as first, member(environment, "g") as second:
        ids = [await publish_one(database, "w") for _ in range(20)]
        await until(lambda: len(first.ids() + second.ids()) >= 20)
        reading, waiting = (first, second) if first.ids() else (second, first)
        assert (reading.ids(), waiting.ids()) == (ids, [])
        reading.kill()
        killed = asyncio.get_running_loop().time()
        ids = [await publish_one(database, "w") for _ in range(20)]
        await until(lambda: len(waiting.ids()) >= 20)
        assert asyncio.get_running_loop().time() - killed < 5
        assert waiting.ids() == ids


async def test_what_was_being_handled_at_a_death_is_handled_again(
    database: Database, environment: Environment
) -> None:
    with member(environment, "g", seconds=60) as first:
        event_id = await publish_one(database, "w")
        await until(lambda: len(first.lines()) == 1)
        with member(environment, "g") as second:
            await asyncio.sleep(0.5)
            assert second.lines() == []
            first.kill()
            await until(lambda: second.ids() == [event_id])
        assert first.ids() == []


async def test_a_group_that_handles_slowly_holds_up_no_other(
    database_url: str, database: Database, environment: Environment
) -> None:
    heard = Heard()
    with member(environment, "slow", seconds=60) as slow:
        await publish_one(database, "w")
        await until(lambda: len(slow.lines()) == 1)
        async with taking_part(outbox_subscriber(database_url, "quick"), heard.handle):
            await publish_one(database, "w")
            await until(lambda: len(heard.ids) == 2, seconds=4)


async def test_an_event_that_cannot_be_handled_becomes_a_letter(
    database_url: str, database: Database
) -> None:
    bad = await publish_one(database, "w-1", data={"a": 1})
    good = await publish_one(database, "w-1")
    picky, other = Heard(fails=lambda event: event.id == bad), Heard()
    async with (
        taking_part(outbox_subscriber(database_url, "picky"), picky.handle),
        taking_part(outbox_subscriber(database_url, "other"), other.handle),
    ):
        await until(lambda: picky.ids == [good] and other.ids == [bad, good])
    assert picky.attempts == 4
    (letter,) = letters(database_url)
    told = {name: letter[name] for name in ("workspace_id", "source", "group_name", "attempts")}
    assert told == {"workspace_id": "w-1", "source": "bus", "group_name": "picky", "attempts": 3}
    assert (letter["reason"], letter["replayed_at"]) == ("HANDLER_FAILED", None)
    assert letter["message"] == "KeyError: 'no such thing'"


async def test_a_handler_that_recovers_leaves_no_letter(
    database_url: str, database: Database
) -> None:
    heard = Heard()
    heard.fails = lambda _: heard.attempts < 3
    async with taking_part(outbox_subscriber(database_url, "g"), heard.handle):
        event_id = await publish_one(database, "w")
        await until(lambda: heard.ids == [event_id])
    assert letters(database_url) == []


class Overtaken:
    """Delivers, and has somebody else move the group meanwhile."""

    portion = 1

    def __init__(self, url: str, letter: DeadLetter) -> None:
        self._url, self._letter = url, letter

    def heeds(self, _: BusEvent) -> bool:
        return True

    async def deliver(self, entries: list[Entry]) -> list[DeadLetter]:
        with psycopg.connect(self._url) as connection:
            connection.execute("update shadower.bus_positions set id = id + 1")
        return [self._letter]


async def test_who_has_lost_its_place_changes_nothing(
    database_url: str, database: Database, a_letter: DeadLetter
) -> None:
    await publish_one(database, "w")
    group = OutboxGroup(lambda: connect(settings_of(database_url), RELAY_ROLE), "g")
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(group.line())
        with pytest.raises(LostPlaceError):
            await asyncio.wait_for(group.read(line, Overtaken(database_url, a_letter)), SECONDS)
    assert rows(database_url, POSITION, "g") == [{"txid": 0, "id": 1}]
    assert letters(database_url) == []


class OfAlerts:
    """Heeds these alone, and notes what is delivered between two moves."""

    portion = 1

    def __init__(self) -> None:
        self.portions: list[list[str]] = []

    def heeds(self, event: BusEvent) -> bool:
        return event.type == "alert.triggered"

    async def deliver(self, entries: Sequence[Entry]) -> list[DeadLetter]:
        self.portions.append([entry.event.type for entry in entries])
        return []


async def test_what_nobody_heeds_is_passed_by_together(
    database_url: str, database: Database
) -> None:
    other, heeded = "agent.executed", "alert.triggered"
    for kind in (other, other, heeded, heeded, other, other, other):
        last = await publish_one(database, "w", kind=kind)
    delivery = OfAlerts()
    group = OutboxGroup(lambda: connect(settings_of(database_url), RELAY_ROLE), "g")
    place = "select txid::text::bigint as txid, id from outbox where event_id = %s"
    async with in_background(group.run(delivery)):
        await until(lambda: rows(database_url, POSITION, "g") == rows(database_url, place, last))
    told = list(chain.from_iterable(delivery.portions))
    assert told == [other, other, heeded, heeded, other, other, other]
    assert all(portion.count(heeded) <= 1 for portion in delivery.portions)
    # What others write at that server may hold back the last of them for another portion.
    assert len(delivery.portions) < 7


async def test_what_nobody_heeds_is_not_read_one_by_one(
    database_url: str, database: Database
) -> None:
    delivery = OfAlerts()
    group = OutboxGroup(lambda: connect(settings_of(database_url), RELAY_ROLE), "g")
    async with in_background(group.run(delivery)):
        until_then = time.monotonic() + 10 * TOGETHER_SECONDS
        while time.monotonic() < until_then:
            await publish_one(database, "w", kind="agent.executed")
        spent = time.monotonic() - until_then + 10 * TOGETHER_SECONDS
    assert 0 < len(delivery.portions) <= spent / TOGETHER_SECONDS + 1


async def test_a_handler_is_told_what_it_heeds_alone(database_url: str, database: Database) -> None:
    heard = Heard()
    line = partial(connect, settings_of(database_url), RELAY_ROLE)
    subscriber = OutboxSubscriber(line, "g", encode, types={"alert.triggered"})
    async with taking_part(subscriber, heard.handle):
        await publish_one(database, "w")
        first = await publish_one(database, "w", kind="alert.triggered")
        await until(lambda: heard.ids == [first])
        await publish_one(database, "w")
        await asyncio.sleep(2 * TOGETHER_SECONDS)
        second = await publish_one(database, "w", kind="alert.triggered")
        await until(lambda: heard.ids == [first, second])


async def test_what_a_group_is_told_goes_on_in_its_trace(
    database_url: str, database: Database
) -> None:
    with recording() as kept:
        async with taking_part(outbox_subscriber(database_url, "traced"), Heard().handle):
            with of_its_own(Shape("publish", INTERNAL)):
                await publish_one(database, "w")
            await until(lambda: any(span.kind == "consumer" for span in kept.spans))
    [handled] = kept.trace.named("process agent.executed")
    assert kept.trace.path(handled) == ["publish", "process agent.executed"]
    assert handled.attributes["messaging.consumer.group.name"] == "traced"


async def test_rows_that_all_have_passed_are_forgotten(
    database_url: str, database: Database
) -> None:
    heard = Heard()
    async with taking_part(outbox_subscriber(database_url, "ahead"), heard.handle):
        ids = [await publish_one(database, "w") for _ in range(5)]
        await until(lambda: heard.ids == ids)
    age(database_url, ids[:4])
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shadower.bus_positions (group_name, txid, id) "
            "select 'behind', txid, id from shadower.outbox where event_id = %s",
            [ids[2]],
        )
    async with open_pool(settings_of(database_url), RELAY_ROLE) as pool:
        kept = timedelta(days=7)
        assert await prune(pool, kept, 2, has_kafka=False) == 2
        assert await prune(pool, kept, 2, has_kafka=False) == 1
        assert await prune(pool, kept, 2, has_kafka=False) == 0
        assert kept_ids(database_url) == ids[3:]
        # With Kafka nobody but the relay reads here, and it has not been here at all.
        assert await prune(pool, kept, 2, has_kafka=True) == 1
    assert kept_ids(database_url) == ids[4:]


def age(url: str, ids: list[object]) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "update shadower.outbox set created_at = now() - interval '8 days' "
            "where event_id = any(%s)",
            [ids],
        )


def kept_ids(url: str) -> list[object]:
    return [row["event_id"] for row in rows(url, "select event_id from outbox order by txid, id")]


async def test_services_publish_for_their_workspace_only(database: Database) -> None:
    async with database.writing("red") as session:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await session.connection.execute(
                "insert into outbox (workspace_id, type) values ('blue', 'agent.executed')"
            )
