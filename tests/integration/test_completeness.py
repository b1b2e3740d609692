"""Answers say until when they are complete, and nothing acknowledged by then is missing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions

from services.runtime.kafka import open_admin
from tests.support.completeness import (
    QUESTIONS,
    System,
    complete_answer,
    every_answer,
    is_complete,
    now,
    running_system,
)
from tests.support.kafka import kafka_settings
from tests.support.keys import KeyRing
from tests.support.live import Reader
from tests.support.locks import held_key, waits_for
from tests.support.log import entry, written
from tests.support.postgres import Server
from tests.support.runs import Client, Row, execution, interval, run, time_of
from tests.support.stack import Environment
from tests.support.waiting import until

THEN = datetime(2024, 3, 31, 12, tzinfo=now().tzinfo)
ASKED = {"interval": interval(THEN, THEN + timedelta(hours=1))}
SECOND = timedelta(seconds=1)
PARTITIONS = 2
# So many that both partitions have some.
WORKSPACES = 6


@pytest.fixture(scope="module")
async def system(
    postgres: Server,
    template: str,
    kafka: str,
    jwks_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[System]:
    logs = tmp_path_factory.mktemp("logs")
    environment = Environment(postgres.create(template), jwks_file, logs)
    async with running_system(environment, kafka, PARTITIONS) as system:
        yield system


@pytest.fixture
def by_log(system: System, keys: KeyRing) -> Client:
    return Client.of_new_workspace(system.stubs, keys)


async def record(client: Client, *names: str) -> datetime:
    """When it was acknowledged at the latest."""
    counts = await client.record([run(name, THEN) for name in names])
    assert counts["rejected"] == 0
    return now()


async def test_without_a_log_answers_are_complete_as_of_their_moment(client: Client) -> None:
    acknowledged = await record(client, "a")
    for name, said in (await every_answer(client, **ASKED)).items():
        assert (said.complete_until, said.runs) == (said.as_of, 1), name
        assert said.as_of >= acknowledged
    reader = Reader(client, {"metrics": ["executions"], **ASKED})
    reader.connect()
    message = await reader.read()
    assert time_of(message.complete_until) == time_of(message.as_of) >= acknowledged
    reader.call.cancel()


async def test_answers_stay_behind_while_nobody_writes_and_then_catch_up(
    system: System, by_log: Client
) -> None:
    async with written(system.log):
        await complete_answer(by_log, await record(by_log, "a"), **ASKED)
    acknowledged = await record(by_log, "b")
    await asyncio.sleep(2)
    for name, said in (await every_answer(by_log, **ASKED)).items():
        assert said.runs == 1, name
        assert not is_complete(said, acknowledged), name
        assert said.complete_until is not None, name
        assert said.as_of > acknowledged + SECOND, name
    async with written(system.log):
        await complete_answer(by_log, acknowledged, **ASKED)
        for name, said in (await every_answer(by_log, **ASKED)).items():
            assert (is_complete(said, acknowledged), said.runs) == (True, 2), name
        # Nothing happens any more, and that is known as well.
        idle = await complete_answer(by_log, now() + SECOND, **ASKED)
    assert idle.as_of - SECOND * 10 < (idle.complete_until or THEN) <= idle.as_of


async def test_a_stream_says_how_complete_it_is(system: System, by_log: Client) -> None:
    reader = Reader(by_log, {"metrics": ["executions"]})
    reader.connect()
    await by_log.record([run("a", now())])
    acknowledged = now()
    behind = [await reader.read() for _ in range(2)]
    assert all(time_of(one.complete_until) < acknowledged for one in behind)
    async with written(system.log):
        while time_of((message := await reader.read()).complete_until) < acknowledged:
            assert time_of(message.complete_until) <= time_of(message.as_of)
    assert list(reader.points.values()) == [1]
    reader.call.cancel()


async def test_a_writer_that_cannot_write_calls_nothing_complete(
    system: System, by_log: Client
) -> None:
    """It goes on looking all the while, and says so of the other partition."""
    async with written(system.log):
        await complete_answer(by_log, await record(by_log, "a"), **ASKED)
        url = system.log.environment.database_url
        with held_key(url, by_log.workspace, "held") as holder:
            acknowledged = await record(by_log, "held")
            await waits_for(holder)
            await until(lambda: max(system.noted()) > acknowledged + SECOND)
            said = await QUESTIONS["GetMetrics"](by_log, **ASKED)
            assert not is_complete(said, acknowledged)
            assert (said.runs, said.as_of > acknowledged + SECOND) == (1, True)
        assert (await complete_answer(by_log, acknowledged, **ASKED)).runs == 2


async def test_what_a_new_partition_takes_is_waited_for(system: System, by_log: Client) -> None:
    """Who sends may know of it before those who write do."""
    async with written(system.log):
        await complete_answer(by_log, await record(by_log, "a"), **ASKED)
        number = await new_partition(system)
        acknowledged = await send(system, number, by_log.workspace, run("b", THEN))
        said = await complete_answer(by_log, acknowledged, **ASKED)
        assert said.runs == 2
        assert len(system.noted()) == number + 1


async def new_partition(system: System) -> int:
    number = len(system.noted())
    async with open_admin(kafka_settings(system.brokers)) as admin:
        await admin.create_partitions({system.log.topic: NewPartitions(number + 1)})
    return number


async def send(system: System, partition: int, workspace: str, row: Row) -> datetime:
    value = entry(workspace, executions=[execution(row)]).SerializeToString()
    async with AIOKafkaProducer(bootstrap_servers=system.brokers) as producer:
        while partition not in await producer.partitions_for(system.log.topic):
            await producer.client.force_metadata_update()
        key = workspace.encode()
        await producer.send_and_wait(system.log.topic, value, key=key, partition=partition)
    return now()


class Acknowledged:
    """A producer that goes on until it is told to end, and knows when each run was acknowledged."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.times: list[datetime] = []

    async def go_on(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            self.times.append(await record(self.client, f"r-{len(self.times)}"))
            await asyncio.sleep(0.02)

    async def look(self) -> tuple[int, int]:
        """How many of those that are acknowledged by now must be in an answer, and need not."""
        known = list(self.times)
        said = await QUESTIONS["GetMetrics"](self.client, **ASKED)
        wanted = sum(is_complete(said, time) for time in known)
        assert said.runs >= wanted, f"{said} lacks some of {wanted}"
        assert said.complete_until is not None
        assert said.complete_until <= said.as_of
        return wanted, len(known) - wanted


async def test_what_is_called_complete_lacks_nothing_whatever_becomes_of_writers(
    system: System, keys: KeyRing
) -> None:
    clients = [Client.of_new_workspace(system.stubs, keys) for _ in range(WORKSPACES)]
    producers = [Acknowledged(client) for client in clients]
    async with written(system.log):
        await complete_answer(clients[0], now(), **ASKED)
    ended = asyncio.Event()
    sending = [asyncio.create_task(one.go_on(ended)) for one in producers]
    looks = await looks_while_written(system, producers)
    ended.set()
    await asyncio.gather(*sending)
    async with written(system.log):
        for one in producers:
            said = await complete_answer(one.client, one.times[-1], **ASKED)
            assert said.runs == len(one.times)
    assert tells_much(looks)


def tells_much(looks: list[tuple[int, int]]) -> bool:
    """It was said of many that they are in, and of others not yet."""
    differing = len({wanted for wanted, _ in looks})
    return min(differing, sum(waiting > 0 for _, waiting in looks)) > 10


async def looks_while_written(system: System, producers: list[Any]) -> list[tuple[int, int]]:
    """Nobody writes at first, then a writer does, dies, and its heir waits out its session."""
    found = await looks_for(1, producers)
    with mortal_writer(system):
        found += await looks_for(5, producers)
    with mortal_writer(system):
        found += await looks_for(14, producers)
        # On a busy machine an heir takes longer to begin.
        for _ in range(20):
            if not tells_much(found):
                found += await looks_for(2, producers)
    return found


@contextmanager
def mortal_writer(system: System) -> Iterator[None]:
    writer = system.log.writer()
    try:
        yield
    finally:
        writer.process.kill()
        writer.process.wait(20)


async def looks_for(seconds: float, producers: list[Any]) -> list[tuple[int, int]]:
    found, end = [], now() + timedelta(seconds=seconds)
    while now() < end:
        found += [await one.look() for one in producers]
    return found
