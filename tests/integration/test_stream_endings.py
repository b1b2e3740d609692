"""How streams of metrics end or break off, and that their readers lose nothing by it."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import psycopg
import pytest
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from tests.support.errors import refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.live import BUILT_IN, HOURLY, NOW, START, WHOLE, Reader
from tests.support.runs import Client, interval, run, time_of
from tests.support.stack import Environment, Running, Stack, ready, start, stop


@pytest.fixture
async def own(
    stack: Stack, jwks_file: Path, tmp_path: Path, client: Client
) -> AsyncIterator[tuple[Running, Reader]]:
    """A metrics process of the test's own, and a reader of it."""
    service = start("metrics", Environment(stack.database_url, jwks_file, tmp_path))
    try:
        await ready(service)
        async with service.channel() as channel:
            yield service, Reader(client, BUILT_IN | HOURLY, MetricsServiceStub(channel))
    finally:
        if service.process.poll() is None:
            stop(service)


async def test_a_closed_interval_ends_the_stream(client: Client) -> None:
    await client.record([run("r", START)])
    reader = Reader(client, BUILT_IN | HOURLY | {"interval": interval(START, NOW)})
    reader.connect()
    await reader.read()
    await reader.check()
    last = await reader.read()
    assert (last.HasField("status"), last.status.code) == (True, 0)
    assert await reader.read() is grpc.aio.EOF
    assert await reader.call.code() is grpc.StatusCode.OK


async def test_an_interval_that_ends_soon_ends_the_stream(client: Client) -> None:
    soon = interval(START, datetime.now(UTC) + timedelta(seconds=2))
    reader = Reader(client, BUILT_IN | {"interval": soon})
    reader.connect()
    last = await status_of(reader)
    assert (last.status.code, datetime.now(UTC) >= time_of(soon.end_time)) == (0, True)
    assert await reader.read() is grpc.aio.EOF


async def status_of(reader: Reader) -> StreamMetricsResponse:
    for _ in range(100):
        message = await reader.read()
        if message.HasField("status"):
            return message
    raise AssertionError("no status")


async def check_broken(reader: Reader, code: grpc.StatusCode, reason: str) -> None:
    """The last message says why, and so does the call."""
    last = await status_of(reader)
    for told in (refusal_in(last.status), await refused(reader.read())):
        assert (told.code, told.reason) == (code, reason)


async def test_an_expired_token_ends_the_stream(client: Client, keys: KeyRing) -> None:
    reader = Reader(client, BUILT_IN | {"interval": WHOLE})
    expires = int(time.time()) + 3
    reader.connect(keys.metadata(client.workspace, exp=expires))
    await check_broken(reader, grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")
    assert expires <= time.time() < expires + 2
    await client.record([run("r", NOW)])
    reader.connect()
    await reader.read_until_quiet()
    await reader.check()
    assert reader.kinds.count("snapshot") == 1


async def test_a_restart_says_so_and_loses_nothing(own: tuple[Running, Reader]) -> None:
    service, reader = own
    await reader.client.record([run("r-1", NOW)])
    reader.connect()
    await reader.read()
    stopping = asyncio.create_task(asyncio.to_thread(stop, service))
    await check_broken(reader, grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")
    assert await stopping == 0
    await reader.client.record([run("r-2", NOW), run("r-3", START)])
    reader.stub = None
    reader.connect()
    await reader.read_until_quiet()
    await reader.check()
    assert reader.kinds.count("snapshot") == 1
    reader.call.cancel()


async def test_a_forgotten_log_loses_nothing(stack: Stack, own: tuple[Running, Reader]) -> None:
    """The process stands still until the log of changes does not go back far enough."""
    service, reader = own
    await reader.client.record([run("r", START, status="running"), run("other", NOW)])
    reader.connect()
    await reader.read_until_quiet()
    service.process.send_signal(signal.SIGSTOP)
    try:
        await reader.client.record([run("r", NOW, status="running")])
        with psycopg.connect(stack.database_url) as connection:
            connection.execute(
                "delete from shadower.workspace_changes where workspace_id = %s",
                (reader.client.workspace,),
            )
    finally:
        service.process.send_signal(signal.SIGCONT)
    await reader.read_until_quiet()
    await reader.read_until_quiet()
    await reader.check()
    reader.call.cancel()
