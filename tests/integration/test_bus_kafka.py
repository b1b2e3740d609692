"""The bus on Kafka: from the outbox through the relay to groups, whatever dies meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from uuid import UUID

import psycopg
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceStub
from shadower.bus.v1.envelope_pb2 import Envelope

from services.runtime.telemetry.running import running_place
from services.runtime.telemetry.shapes import INTERNAL, Shape
from services.runtime.telemetry.tracer import of_its_own
from tests.support.bus import (
    SECONDS,
    Heard,
    Member,
    letters,
    member,
    publish_one,
    rows,
    taking_part,
)
from tests.support.bus_on_kafka import Bus
from tests.support.collector import Collector, Trace, telling
from tests.support.dead_letters import Operator
from tests.support.keys import KeyRing
from tests.support.spans import recording
from tests.support.stack import Running, ready, start, stop
from tests.support.waiting import until


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
            workspace = [event for event in heard.events if event.workspace_id == f"team-{number}"]
            assert [event.id for event in workspace] == [
                event_id for event_id in ids if event_id in {event.id for event in workspace}
            ]
        assert set(heard.ids) == set(ids)


async def test_what_is_told_goes_on_in_the_trace_in_which_it_happened(
    bus: Bus, collector: Collector
) -> None:
    """From a transaction by outbox, relay and Kafka to whoever handles it."""
    traced = replace(bus.environment, extra=(*bus.environment.extra, *telling(collector)))
    heard, topic = Heard(), bus.settings.bus_topic
    with recording() as kept:
        async with (
            relay_of(replace(bus, environment=traced)),
            taking_part(bus.group("traced"), heard.handle),
        ):
            await publish_one(bus.database, "team-1")
            with of_its_own(Shape("publish", INTERNAL)):
                trace_id = running_place().trace_id
                await publish_one(bus.database, "team-1")
            await until(lambda: len(heard.ids) >= 2)
            await until(lambda: any(span.kind == "consumer" for span in kept.spans))
            # As long as the relay lives: one that ends does not wait long for a collector.
            sending = await collector.trace_with(
                trace_id, lambda trace: trace.named(f"send {topic}")
            )
    whole = Trace([*sending.spans, *kept.trace.spans])
    [handled] = whole.named("process agent.executed")
    assert whole.path(handled) == ["publish", f"send {topic}", "process agent.executed"]
    assert handled.attributes["messaging.consumer.group.name"] == "traced"
    [sent] = whole.named(f"send {topic}")
    assert (sent.service, sent.kind) == ("relay", "producer")


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


async def test_an_event_that_cannot_be_handled_becomes_a_letter_and_comes_again(
    bus: Bus, keys: KeyRing
) -> None:
    ids = [await publish_one(bus.database, "w") for _ in range(3)]
    picky, other = Heard(fails=lambda event: event.id == ids[1]), Heard()
    async with (
        relay_of(bus) as relay,
        relay.channel() as channel,
        taking_part(bus.group("picky"), picky.handle),
        taking_part(bus.group("other"), other.handle),
    ):
        await until(lambda: picky.ids == [ids[0], ids[2]] and other.ids == ids)
        await until(lambda: len(letters(bus.url)) == 1)
        (letter,) = letters(bus.url)
        picky.fails = lambda _: False
        operator = Operator(DeadLettersServiceStub(channel), keys, "w")
        (result,) = await operator.replay(letter["dead_letter_id"])
        assert result.HasField("replay_time")
        last = await publish_one(bus.database, "w")
        await until(lambda: last in picky.ids and last in other.ids)
    assert picky.ids == [ids[0], ids[2], ids[1], last]
    assert other.ids == [*ids, last]
    told = {name: letter[name] for name in ("reason", "topic", "position", "group_name")}
    assert told == {
        "reason": "HANDLER_FAILED",
        "topic": bus.settings.bus_topic,
        "position": 1,
        "group_name": "picky",
    }
    assert UUID(Envelope.FromString(letter["payload"]).id) == ids[1]
    assert (letter["key"], letter["attempts"], letter["workspace_id"]) == (b"w", 3, "w")
