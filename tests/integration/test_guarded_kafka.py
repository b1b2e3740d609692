"""Kafka by TLS and with a password: who is let in, and what those say who are not."""

import asyncio
import socket
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub

from services.runtime.kafka import ensure_topic, open_producer
from services.runtime.kafka_door import REQUEST_MS, Door
from tests.support.errors import Refusal, refusal
from tests.support.guarded_kafka import PASSWORD, GuardedKafka, guarded_kafka
from tests.support.health import NOT_SERVING, SERVING, becomes, health
from tests.support.kafka import kept_records
from tests.support.keys import KeyRing
from tests.support.oracle import by_sql
from tests.support.recording import run
from tests.support.stack import SERVICES, Environment, Running, Stack, ready, start, stop, stop_all
from tests.support.waiting import until
from tools.certificates import Authority

WRONG = "wrong-horse"
WRITER = "shadower.ingest.Writer"
STORED = "select execution_id from executions where workspace_id = %s order by 1"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as running:
        yield running


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_what_goes_in_by_a_password_comes_out(guarded: GuardedKafka, mechanism: str) -> None:
    settings = guarded.settings(KAFKA_SASL_MECHANISM=mechanism)
    topic = f"test-{uuid.uuid4().hex}"
    await ensure_topic(settings, topic)
    async with open_producer(settings) as producer:
        await producer.send_and_wait(topic, b"one")
    assert await kept_records(settings, topic) == [b"one"]
    door = Door(settings)
    assert (await door.look(), await door.refusal()) == ("", "")


async def test_who_is_turned_away_hears_why(guarded: GuardedKafka, tmp_path: Path) -> None:
    stranger = str(Authority().write(tmp_path))
    nothing = {"KAFKA_SSL_CERTIFICATE_FILE": "", "KAFKA_SSL_KEY_FILE": ""}
    cases: list[tuple[Mapping[str, str], str]] = [
        ({"KAFKA_SASL_PASSWORD": WRONG}, "invalid credentials"),
        ({"KAFKA_SASL_USERNAME": "nobody"}, "invalid credentials"),
        ({"KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_PASSWORD": WRONG}, "Invalid username"),
        ({"KAFKA_SSL_CA_FILE": stranger}, "certificate verify failed"),
        (nothing, "certificate"),
    ]
    for wrong, why in cases:
        door = Door(guarded.settings(**wrong))
        trouble = await door.look()
        assert why in trouble
        assert await door.refusal() == trouble


async def test_that_nobody_is_there_is_no_refusal(guarded: GuardedKafka) -> None:
    door = Door(guarded.settings(KAFKA_BROKERS="127.0.0.1:1"))
    assert "127.0.0.1:1" in await door.look()
    assert await door.refusal() == ""


async def test_a_broker_that_swallows_all_says_nothing_of_the_others(
    guarded: GuardedKafka,
) -> None:
    # Who never accepts takes what is sent all the same.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        first = f"127.0.0.1:{silent.getsockname()[1]}"
        settings = guarded.settings()
        settings = guarded.settings(KAFKA_BROKERS=f"{first},{settings.kafka_brokers}")
        async with asyncio.timeout(REQUEST_MS / 1000):
            assert await Door(settings).look() == ""


@dataclass(frozen=True)
class Starter:
    """Of services that have a log of their own behind the guard."""

    guarded: GuardedKafka
    environment: Environment

    def start(self, name: str, **wrong: str) -> Running:
        extra = (*self.environment.extra, *self.guarded.environment(**wrong).items())
        return start(name, replace(self.environment, extra=extra))


@pytest.fixture
def starter(guarded: GuardedKafka, stack: Stack, jwks_file: Path, tmp_path: Path) -> Starter:
    topic = ("SHADOWER_LOG_TOPIC", f"log-{uuid.uuid4().hex}")
    return Starter(guarded, Environment(stack.database_url, jwks_file, tmp_path, (topic,)))


async def test_a_service_that_is_turned_away_is_not_ready_and_loses_nothing(
    starter: Starter, keys: KeyRing, workspace: str, tmp_path: Path
) -> None:
    stranger = str(Authority().write(tmp_path))
    good, refused = starter.start("ingest"), starter.start("ingest", KAFKA_SASL_PASSWORD=WRONG)
    blind = starter.start("ingest.writer", KAFKA_SSL_CA_FILE=stranger)
    try:
        await ready(good)
        assert await sent(good, keys.metadata(workspace), workspace, "kept") is None
        await is_turned_away(refused, SERVICES["ingest"], "invalid credentials")
        await is_turned_away(blind, WRITER, "certificate verify failed")
        found = await sent(refused, keys.metadata(workspace), workspace, "refused")
        assert found is not None
        assert (found.code, found.reason) == (grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE")
    finally:
        stop_all([good, refused, blind])
    writer = starter.start("ingest.writer")
    try:
        url = starter.environment.database_url
        await until(lambda: by_sql(url, STORED, workspace) == [("kept",)])
        await becomes(writer, WRITER, SERVING)
    finally:
        stop(writer)


async def is_turned_away(service: Running, name: str, why: str) -> None:
    """It lives, serves nobody, and says why; but not by what it is known."""
    await becomes(service, "kafka", NOT_SERVING)
    assert await health(service, name) == NOT_SERVING
    assert await health(service, "liveness") == SERVING
    await until(lambda: why in service.log.read_text())
    assert not any(password in service.log.read_text() for password in (PASSWORD, WRONG))


async def sent(service: Running, metadata: Any, workspace: str, run_id: str) -> Refusal | None:
    request = RecordExecutionsRequest(workspace_id=workspace, executions=[run(run_id)])
    async with service.channel() as channel:
        try:
            await IngestServiceStub(channel).RecordExecutions(request, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return refusal(error)
    return None
