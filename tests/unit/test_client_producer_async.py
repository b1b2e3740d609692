"""The client's producer in programs that await: it never holds up the event loop."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsResponse
from shadower_client import (
    AsyncClient,
    AsyncProducer,
    BufferFull,
    Execution,
    ExecutionStatus,
    SpoolInUse,
    Tracker,
)

from services.runtime import faults
from tests.support.client_server import Scripted, scripted

BEGAN = datetime(2026, 1, 2, 9, tzinfo=UTC)
DONE = RecordExecutionsResponse()
AWAY = faults.Unavailable("DATABASE_UNAVAILABLE", "away", retry_after=timedelta(milliseconds=50))
PAUSES: Any = {"batch_seconds": 0.0, "longest_pause_seconds": 0.05}


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as running:
        running.script = [DONE]
        yield running


@pytest.fixture
async def client(server: Scripted) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.address, token="t", workspace="acme") as opened:
        yield opened


@pytest.fixture
async def nobody() -> AsyncIterator[AsyncClient]:
    """A client of a server that is not there."""
    async with AsyncClient("127.0.0.1:1", token="t", workspace="acme") as opened:
        yield opened


def execution(number: int) -> Execution:
    return Execution(
        execution_id=f"run-{number}",
        agent_id="support",
        status=ExecutionStatus.SUCCEEDED,
        start_time=BEGAN,
    )


async def full(client: AsyncClient, **settings: Any) -> AsyncProducer:
    producer = client.producer(max_items=2, close_seconds=0.0, **settings)
    await producer.record(execution(1), execution(2))
    return producer


async def longest_standstill() -> float:
    """Of the event loop, until it is cancelled."""
    longest, before = 0.0, time.monotonic()
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(0.005)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
    return longest


async def test_who_waits_for_room_holds_nobody_up(nobody: AsyncClient) -> None:
    producer = await full(nobody)
    watch = asyncio.create_task(longest_standstill())
    began = time.monotonic()
    waiting = [producer.record(execution(number), wait=0.5) for number in range(50)]
    refused = await asyncio.gather(*waiting, return_exceptions=True)
    assert 0.5 <= time.monotonic() - began < 2
    assert all(isinstance(one, BufferFull) for one in refused)
    watch.cancel()
    assert await watch < 0.4
    assert producer.counts().refused == 50


async def test_room_is_had_as_soon_as_there_is_some(server: Scripted, client: AsyncClient) -> None:
    server.script = [AWAY, AWAY, AWAY, DONE]
    producer = await full(client, batch_items=1, **PAUSES)
    await asyncio.gather(*(producer.record(execution(n), wait=20.0) for n in range(3, 13)))
    assert await producer.flush(20)
    counts = producer.counts()
    assert (counts.taken, counts.sent, counts.refused) == (12, 12, 0)


async def test_who_is_cancelled_has_recorded_nothing(nobody: AsyncClient) -> None:
    producer = await full(nobody)
    waiting = asyncio.create_task(producer.record(execution(3)))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    counts = producer.counts()
    assert (counts.taken, counts.refused) == (2, 0)
    assert producer._waiting._listeners == ()


async def test_a_full_buffer_says_so(nobody: AsyncClient) -> None:
    producer = await full(nobody, when_full="refuse")
    with pytest.raises(BufferFull, match="2 facts"):
        await producer.record(execution(3))
    with pytest.raises(BufferFull, match="2 facts"):
        producer.record_nowait(execution(3))
    await producer.close()
    counts = producer.counts()
    assert (counts.taken, counts.refused, counts.dropped, counts.waiting) == (2, 2, 2, 0)
    with pytest.raises(ValueError, match="closed"):
        await producer.record(execution(4))


async def test_a_flush_ends_in_time_or_when_nobody_sends(nobody: AsyncClient) -> None:
    producer = await full(nobody)
    assert not await producer.flush(0.05)
    flushing = asyncio.create_task(producer.flush())
    await asyncio.sleep(0.05)
    await producer.close()
    assert not await flushing


async def test_a_spool_outlives_its_producer(
    server: Scripted, client: AsyncClient, tmp_path: Path
) -> None:
    server.script = [AWAY]
    spool = tmp_path / "spool.db"
    async with client.producer(spool=spool, close_seconds=0.0, **PAUSES) as before:
        await before.record(execution(1), execution(2))
        with pytest.raises(SpoolInUse):
            client.producer(spool=spool)
    server.script = [DONE]
    async with client.producer(spool=spool, **PAUSES) as after:
        assert await after.flush(20)
    counts = after.counts()
    assert (counts.recovered, counts.sent, counts.waiting) == (2, 2, 0)


async def test_tokens_are_handed_out_in_the_loop_that_they_belong_to(server: Scripted) -> None:
    loops = []

    async def hand_out() -> str:
        loops.append(asyncio.get_running_loop())
        return "t"

    async with AsyncClient(server.address, token=hand_out, workspace="acme") as client:
        producer = client.producer(**PAUSES)
        await producer.record(execution(1))
        assert await producer.flush(20)
    assert loops == [asyncio.get_running_loop()]
    assert [one.metadata["authorization"] for one in server.asked] == ["Bearer t"]


async def test_closing_a_client_sends_what_waits(server: Scripted) -> None:
    async with AsyncClient(server.address, token="t", workspace="acme") as client:
        producer = client.producer(batch_seconds=60.0)
        await producer.record(execution(1))
    assert producer.counts().sent == 1


async def test_what_cannot_be_closed_keeps_nothing_else_open(server: Scripted) -> None:
    client = AsyncClient(server.address, token="t", workspace="acme")
    broken, last = client.producer(batch_seconds=60.0), client.producer(batch_seconds=60.0)
    await last.record(execution(1))
    closing = broken.close
    broken.close = fail  # type: ignore[method-assign]
    with pytest.raises(OSError, match="the disk is full"):
        await client.close()
    await closing()
    assert last.counts().sent == 1
    with pytest.raises(grpc.aio.UsageError, match="closed"):
        client._channel.unary_unary("/x/Y")(b"")
    beside: Any = client._beside
    with pytest.raises(ValueError, match="closed channel"):
        beside.unary_unary("/x/Y")(b"")


async def fail() -> None:
    raise OSError("the disk is full")


async def test_who_has_no_loop_gets_no_producer(nobody: AsyncClient) -> None:
    with pytest.raises(RuntimeError, match=r"call producer\(\) in the event loop"):
        await asyncio.to_thread(nobody.producer)
    assert nobody._beside is None


async def test_runs_are_tracked_by_it(client: AsyncClient) -> None:
    producer = client.producer(**PAUSES)

    @Tracker(producer).track_agent("support")
    async def answer() -> str:
        return "so"

    assert await answer() == "so"
    assert await producer.flush(20)
    assert producer.counts().sent == 1
