"""Live streams hear over the bus what is committed elsewhere, over either transport."""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from tests.support.keys import KeyRing
from tests.support.live import BUILT_IN, HOURLY, NOW, Reader
from tests.support.runs import Client, run
from tests.support.stack import Environment, Running, ready, start, stop

# So that nothing but the bus can wake a stream in time.
QUIET_SECONDS = 60
SOON_SECONDS = 5


@asynccontextmanager
async def running(name: str, environment: Environment) -> AsyncIterator[Running]:
    service = start(name, environment)
    try:
        await ready(service)
        yield service
    finally:
        stop(service)


class Replicas:
    """Two replicas of ingestion and two of metrics over one database, and a workspace."""

    def __init__(self, ingests: list[IngestServiceStub], readers: list[Reader]) -> None:
        self.ingests, self.readers = ingests, readers
        self.runs = 0

    async def connect(self) -> None:
        for reader in self.readers:
            reader.connect()
            await reader.read()

    async def check(self) -> None:
        """Whatever comes in anywhere is told everywhere, soon."""
        for ingest in self.ingests:
            await self.record(ingest)
            committed = time.monotonic()
            for reader in self.readers:
                assert (await reader.read()).HasField("delta")
                assert value_of(reader, "executions") == self.runs
            assert time.monotonic() - committed < SOON_SECONDS

    async def record(self, ingest: IngestServiceStub) -> None:
        client = self.readers[0].client
        client.stubs.ingest = ingest
        self.runs += 1
        assert (await client.record([run(f"run-{self.runs}", NOW)]))["stored"] == 1


def value_of(reader: Reader, metric: str) -> int:
    return sum(value for (name, _, _), value in reader.points.items() if name == metric)


class NoStubs:
    """Filled in by whoever needs one."""


@asynccontextmanager
async def replicas(
    environment: Environment, metrics_environment: Environment, keys: KeyRing
) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:

        async def channel(name: str, environment: Environment) -> object:
            service = await stack.enter_async_context(running(name, environment))
            return await stack.enter_async_context(service.channel())

        client = Client.of_new_workspace(NoStubs(), keys)
        ingests = [IngestServiceStub(await channel("ingest", environment)) for _ in range(2)]
        stubs = [MetricsServiceStub(await channel("metrics", metrics_environment)) for _ in "ab"]
        query = BUILT_IN | HOURLY
        yield Replicas(
            ingests,
            [Reader(client, query, stub, heartbeat_seconds=QUIET_SECONDS) for stub in stubs],
        )


@pytest.fixture
def environment(database_url: str, jwks_file: Path, tmp_path: Path) -> Environment:
    return Environment(database_url, jwks_file, tmp_path)


async def test_replicas_hear_each_other_through_the_database(
    environment: Environment, keys: KeyRing
) -> None:
    async with replicas(environment, environment, keys) as some:
        await some.connect()
        for _ in range(3):
            await some.check()
        assert break_connections(environment.database_url) == 2
        # What happens while nobody listens is seen as soon as somebody listens again.
        await some.check()


def break_connections(url: str) -> int:
    """Of those that listen to the bus. How many these are."""
    breaking = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query ilike '%outbox%' and pid <> pg_backend_pid()
    """
    with psycopg.connect(url) as connection:
        return connection.execute(breaking.encode()).rowcount


async def test_replicas_hear_each_other_through_kafka(
    environment: Environment, kafka: str, keys: KeyRing
) -> None:
    extra = {"KAFKA_BROKERS": kafka, "SHADOWER_BUS_TOPIC": f"bus.{uuid.uuid4().hex[:12]}"}
    with_kafka = Environment(
        environment.database_url, environment.jwks_file, environment.logs, tuple(extra.items())
    )
    async with (
        running("relay", with_kafka),
        replicas(environment, with_kafka, keys) as some,
    ):
        await some.connect()
        for _ in range(3):
            await some.check()
