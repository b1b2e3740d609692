"""Replays of dead letters: to the log's end, or to the group that failed, and to nobody else."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceStub
from shadower.bus.v1.envelope_pb2 import Envelope

from services.runtime.bus.dead_letter import DeadLetter, Source
from services.runtime.kafka import ensure_topic
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.database import Database
from tests.support.bus import (
    Heard,
    letters,
    outbox_subscriber,
    publish_one,
    rows,
    settings_of,
    taking_part,
)
from tests.support.dead_letters import UNKNOWN, Operator, ids_of
from tests.support.errors import refusal_in, refused
from tests.support.kafka import kept_records
from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.stack import Environment, Stack, ready, start, stop
from tests.support.waiting import until


@pytest.mark.parametrize("ids", [[], ["x"], [UNKNOWN, UNKNOWN]])
async def test_a_replay_names_letters(operator: Operator, ids: list[str]) -> None:
    found = await refused(operator.replay(*ids))
    assert (found.code.name, found.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")


async def test_a_replayed_event_comes_to_the_group_that_failed_and_no_other(
    stack: Stack, shared_database: Database, operator: Operator
) -> None:
    url, workspace, groups = stack.database_url, operator.workspace, uuid.uuid4().hex
    event_id = await publish_one(
        shared_database, workspace, data={"a": [1, None]}, correlation_id="c"
    )
    is_ill = True
    picky = Heard(fails=lambda event: is_ill and event.id == event_id)
    other, name = Heard(), f"picky-{groups}"
    async with (
        taking_part(outbox_subscriber(url, name), picky.handle),
        taking_part(outbox_subscriber(url, f"other-{groups}"), other.handle),
    ):
        await until(lambda: event_id in other.ids and len(of(url, workspace)) == 1)
        (letter,) = (await operator.list()).dead_letters
        content = (await operator.get(letter.dead_letter_id)).content
        assert json.loads(content.decoded)["data"] == {"a": [1.0, None]}
        is_ill = False
        (result,) = await operator.replay(letter.dead_letter_id)
        assert result.HasField("replay_time")
        await until(lambda: event_id in picky.ids)
        later = await publish_one(shared_database, workspace)
        await until(lambda: later in picky.ids and later in other.ids)
    assert (picky.ids.count(event_id), other.ids.count(event_id)) == (1, 1)
    again = next(event for event in picky.events if event.id == event_id)
    first = next(event for event in other.events if event.id == event_id)
    assert (again.group, first.group) == (name, "")
    assert replace(again, group="") == first
    assert ids_of(await operator.list(replayed=True)) == [letter.dead_letter_id]


def of(url: str, workspace: str) -> list[dict[str, Any]]:
    return [letter for letter in letters(url) if letter["workspace_id"] == workspace]


async def test_an_event_that_fails_again_becomes_another_letter(
    stack: Stack, shared_database: Database, operator: Operator
) -> None:
    url, workspace = stack.database_url, operator.workspace
    event_id = await publish_one(shared_database, workspace)
    group = outbox_subscriber(url, f"never-{uuid.uuid4().hex}")
    never = Heard(fails=lambda event: event.id == event_id)
    async with taking_part(group, never.handle):
        await until(lambda: len(of(url, workspace)) == 1)
        await operator.replay(of(url, workspace)[0]["dead_letter_id"])
        await until(lambda: len(of(url, workspace)) == 2)
    assert len(ids_of(await operator.list(replayed=False))) == 1


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff", "RECORD_MALFORMED"),
        (Envelope(schema_version=9).SerializeToString(), "SCHEMA_VERSION_UNKNOWN"),
    ],
)
async def test_what_still_cannot_be_read_is_not_replayed(
    operator: Operator, shared_database: Database, a_letter: DeadLetter, payload: bytes, reason: str
) -> None:
    strange = replace(a_letter, source=Source.BUS, payload=payload, group="g")
    await bury_alone(shared_database, strange)
    unknown, result = await operator.replay(UNKNOWN, strange.id)
    assert refusal_in(unknown.error).reason == "DEAD_LETTER_NOT_FOUND"
    assert refusal_in(result.error).reason == reason
    assert refusal_in(result.error).code is grpc.StatusCode.INVALID_ARGUMENT
    assert ids_of(await operator.list(replayed=True)) == []


async def test_without_a_log_nothing_of_it_is_replayed(
    operator: Operator, shared_database: Database, a_letter: DeadLetter
) -> None:
    await bury_alone(shared_database, a_letter)
    (result,) = await operator.replay(a_letter.id)
    found = refusal_in(result.error)
    assert (found.code, found.reason) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
    assert ids_of(await operator.list(replayed=True)) == []


@asynccontextmanager
async def operator_with_kafka(
    environment: Environment, keys: KeyRing, workspace: str
) -> AsyncIterator[Operator]:
    relay = start("relay", environment)
    try:
        await ready(relay)
        async with relay.channel() as channel:
            yield Operator(DeadLettersServiceStub(channel), keys, workspace)
    finally:
        assert stop(relay) == 0


@pytest.fixture
def environment(stack: Stack, kafka: str, jwks_file: Path, tmp_path: Path) -> Environment:
    extra = {"KAFKA_BROKERS": kafka, "SHADOWER_BUS_TOPIC": f"bus.{uuid.uuid4().hex[:12]}"}
    return Environment(stack.database_url, jwks_file, tmp_path, tuple(extra.items()))


async def test_a_record_of_the_log_goes_to_its_end_as_it_was(
    kafka: str,
    environment: Environment,
    keys: KeyRing,
    shared_database: Database,
    a_letter: DeadLetter,
) -> None:
    topic = f"log.{uuid.uuid4().hex[:12]}"
    settings = settings_of(environment.database_url, kafka, topic_partitions=1)
    await ensure_topic(settings, topic)
    letter = replace(a_letter, topic=topic, partition=0, key=b"\xff", payload=b"as it was")
    await bury_alone(shared_database, letter)
    async with operator_with_kafka(environment, keys, letter.workspace_id) as operator:
        for count in (1, 2):
            (result,) = await operator.replay(letter.id)
            assert result.HasField("replay_time")
            assert await kept_records(settings, topic) == [b"as it was"] * count
    query = "select replayed_at from dead_letters where dead_letter_id = %s"
    (row,) = rows(environment.database_url, query, letter.id)
    assert row["replayed_at"].timestamp() == pytest.approx(result.replay_time.ToNanoseconds() / 1e9)


async def test_a_log_that_is_away_is_said_to_be_and_nothing_is_marked(
    environment: Environment, keys: KeyRing, shared_database: Database, a_letter: DeadLetter
) -> None:
    """The relay starts before its Kafka, and answers meanwhile."""
    letter = replace(a_letter, topic="log")
    await bury_alone(shared_database, letter)
    nobody = (("KAFKA_BROKERS", f"127.0.0.1:{free_port()}"),)
    without_kafka = replace(environment, extra=nobody)
    async with operator_with_kafka(without_kafka, keys, letter.workspace_id) as operator:
        (result,) = await operator.replay(letter.id)
        found = refusal_in(result.error)
        assert (found.code, found.reason) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
        assert found.retry_seconds is not None
        assert ids_of(await operator.list(replayed=False)) == [str(letter.id)]
