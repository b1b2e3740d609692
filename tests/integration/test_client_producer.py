"""The client's producer: what it takes arrives once, whoever is killed; full, it says so."""

import asyncio
import os
import signal
import sqlite3
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsResponse
from shadower_client import (
    AsyncClient,
    AsyncProducer,
    BufferFull,
    Client,
    Event,
    EventType,
    Execution,
    ExecutionStatus,
    MetricPoint,
    Producer,
    ProducerCounts,
    ShadowerError,
    SpoolInUse,
    Unavailable,
)

from services.runtime import faults
from tests.support.client_server import Scripted, scripted
from tests.support.keys import KeyRing
from tests.support.oracle import by_sql
from tests.support.ports import free_port
from tests.support.stack import ROOT, Environment, Running, Stack, ready, start, stop
from tests.support.waiting import until

RUNS, EVENTS = 1500, 15
KILLED: dict[str, Any] = {
    "batch_items": 20,
    "max_items": 200,
    "wait_seconds": 60.0,
    "longest_pause_seconds": 0.5,
}
BEGAN = datetime(2026, 1, 2, 9, tzinfo=UTC)


def execution(number: int, **fields: Any) -> Execution:
    return Execution(
        execution_id=f"run-{number}",
        agent_id="support",
        status=ExecutionStatus.SUCCEEDED,
        start_time=BEGAN + timedelta(seconds=number),
        **fields,
    )


@dataclass
class Mortal:
    """An ingestion service that may be killed, and comes back at the same address."""

    environment: Environment
    address: str
    running: Running | None = None

    async def begin(self) -> None:
        listening = (*self.environment.extra, ("SHADOWER_LISTEN", self.address))
        begun = start("ingest", replace(self.environment, extra=listening))
        self.running = replace(begun, address=self.address)
        await ready(self.running)

    def kill(self) -> None:
        assert self.running
        self.running.process.kill()
        assert self.running.process.wait(10) == -signal.SIGKILL


@asynccontextmanager
async def mortal(stack: Stack, jwks_file: Path, folder: Path) -> AsyncIterator[Mortal]:
    environment = Environment(stack.database_url, jwks_file, folder)
    one = Mortal(environment, f"127.0.0.1:{free_port()}")
    await one.begin()
    yield one
    assert one.running
    stop(one.running)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as running:
        yield running


@pytest.fixture
def nobody() -> Iterator[Client]:
    """A client of a server that is not there."""
    address = f"127.0.0.1:{free_port()}"
    with Client(address, token="t", workspace="acme") as client:
        yield client


async def test_a_server_that_is_killed_loses_and_doubles_nothing(
    stack: Stack, jwks_file: Path, tmp_path: Path, keys: KeyRing
) -> None:
    """By producers in memory and with a spool, of programs that block and that await, at once."""
    names = [f"w-{uuid.uuid4().hex[:16]}" for _ in range(4)]
    places = [
        (name, tmp_path / f"{name}.db" if place % 2 else None) for place, name in enumerate(names)
    ]
    token = keys.token(*names)
    async with mortal(stack, jwks_file, tmp_path) as ingest:
        async with AsyncClient(ingest.address, token=token) as awaited:
            client = Client(ingest.address, token=token)
            blocking = [_made(client, *place) for place in places[:2]]
            awaiting = [_made(awaited, *place) for place in places[2:]]
            producers = [*blocking, *awaiting]
            recording = [asyncio.to_thread(_record_all, one) for one in blocking]
            recorded = asyncio.gather(*recording, *(_record_all_awaited(one) for one in awaiting))
            await until(lambda: all(one.counts().sent >= 300 for one in producers))
            ingest.kill()
            assert all(one.counts().sent < RUNS for one in producers)
            # Their room fills, and then they wait.
            await until(lambda: all(one.counts().waiting == 200 for one in producers))
            await until(lambda: all(isinstance(one.trouble, Unavailable) for one in producers))
            await ingest.begin()
            assert max(await recorded) <= 200
            for one in blocking:
                assert await asyncio.to_thread(one.flush, 60)
            for one in awaiting:
                assert await one.flush(60)
            client.close()
        counts = [one.counts() for one in producers]
    for name, counted in zip(names, counts, strict=True):
        assert counted == ProducerCounts(
            taken=RUNS + EVENTS, recovered=0, sent=RUNS + EVENTS, rejected=0, dropped=0, waiting=0,
            refused=0,
        )  # fmt: skip
        runs = (
            "select count(*), count(distinct execution_id) from executions where workspace_id = %s"
        )
        assert by_sql(stack.database_url, runs, name) == [(RUNS, RUNS)]
        events = "select count(*) from events where workspace_id = %s"
        assert by_sql(stack.database_url, events, name) == [(EVENTS,)]


def _made(client: Any, name: str, spool: Path | None) -> Any:
    return client.producer(workspace=name, spool=spool, **KILLED)


def _facts() -> Iterator[Execution | Event]:
    """With an event, which has no id, after each hundredth run."""
    for number in range(RUNS):
        yield execution(number)
        if number % 100 == 0:
            yield Event(type=EventType.USER_LOGIN, timestamp=BEGAN, user_id="u")


def _record_all(producer: Producer) -> int:
    """Returns how many waited at most."""
    most = 0
    for fact in _facts():
        producer.record(fact)
        most = max(most, producer.counts().waiting)
    return most


async def _record_all_awaited(producer: AsyncProducer) -> int:
    most = 0
    for fact in _facts():
        await producer.record(fact)
        most = max(most, producer.counts().waiting)
    return most


async def test_a_producer_that_is_killed_is_gone_on_with(
    stack: Stack, keys: KeyRing, workspace: str, tmp_path: Path
) -> None:
    spool = tmp_path / "spool.db"
    # A process that takes runs and an event while nobody answers, and is killed with them.
    program = f"""if True:
        import os, signal
        from tests.integration.test_client_producer import *
        client = Client("127.0.0.1:1", token="t", workspace={workspace!r})
        producer = client.producer(spool={str(spool)!r})
        producer.record(*(execution(number) for number in range(300)))
        producer.record(Event(type=EventType.USER_LOGIN, timestamp=BEGAN))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert await _ran(program) == -signal.SIGKILL
    address = stack.running["ingest"].address
    with Client(address, token=keys.token(workspace), workspace="another") as client:
        producer = client.producer(spool=spool)
        assert producer.flush(30)
        counts = producer.counts()
    assert (counts.recovered, counts.sent, counts.taken, counts.waiting) == (301, 301, 0, 0)
    kept = "select count(*) from executions where workspace_id = %s"
    assert by_sql(stack.database_url, kept, workspace) == [(300,)]


async def test_a_program_that_ends_sends_what_waits(
    stack: Stack, keys: KeyRing, workspace: str
) -> None:
    program = f"""if True:
        from tests.integration.test_client_producer import *
        token = {keys.token(workspace)!r}
        client = Client({stack.running["ingest"].address!r}, token=token, workspace={workspace!r})
        client.producer(batch_seconds=60.0).record(execution(1))
    """
    assert await _ran(program) == 0
    kept = "select count(*) from executions where workspace_id = %s"
    assert by_sql(stack.database_url, kept, workspace) == [(1,)]


async def test_a_program_whose_loop_has_ended_sends_what_waits(
    stack: Stack, keys: KeyRing, workspace: str
) -> None:
    program = f"""if True:
        from tests.integration.test_client_producer import *
        async def token():
            return {keys.token(workspace)!r}
        async def main():
            client = AsyncClient({stack.running["ingest"].address!r}, token=token)
            producer = client.producer(workspace={workspace!r}, batch_seconds=60.0)
            await producer.record(execution(1))
        asyncio.run(main())
    """
    assert await _ran(program) == 0
    kept = "select count(*) from executions where workspace_id = %s"
    assert by_sql(stack.database_url, kept, workspace) == [(1,)]


async def _ran(program: str) -> int:
    path = os.pathsep.join(str(ROOT / one) for one in ("", "gen", "client/python/src"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}
    )
    return await asyncio.wait_for(process.wait(), 60)


def test_what_the_server_refuses_is_told_and_not_tried_again(
    stack: Stack, keys: KeyRing, workspace: str
) -> None:
    refused: list[tuple[Any, ShadowerError]] = []
    address = stack.running["ingest"].address
    ends_early = execution(2, end_time=BEGAN)
    with Client(address, token=keys.token(workspace), workspace=workspace) as client:
        producer = client.producer(on_rejected=lambda fact, why: refused.append((fact, why)))
        producer.record(execution(1), ends_early, execution(3))
        assert producer.flush(20)
        # A batch that has nothing else is refused as a whole.
        producer.record(ends_early)
        assert producer.flush(20)
        counts = producer.counts()
    assert (counts.sent, counts.rejected, counts.waiting) == (2, 2, 0)
    assert [fact for fact, _ in refused] == [ends_early, ends_early]
    assert [why.violations[0].field for _, why in refused] == [
        "executions[1].end_time",
        "executions[0].end_time",
    ]


def test_a_full_buffer_says_so(nobody: Client) -> None:
    with nobody.producer(max_items=3, when_full="refuse", close_seconds=0.0) as producer:
        producer.record(*(execution(number) for number in range(3)))
        with pytest.raises(BufferFull, match="3 facts"):
            producer.record(execution(4))
        began = time.monotonic()
        with pytest.raises(BufferFull):
            producer.record(execution(5), wait=0.2)
        assert 0.2 <= time.monotonic() - began < 2
    counts = producer.counts()
    assert (counts.taken, counts.refused, counts.dropped, counts.waiting) == (3, 2, 3, 0)
    with pytest.raises(ValueError, match="closed"):
        producer.record(execution(6))


def test_bytes_are_bounded_too(nobody: Client) -> None:
    large = execution(1, error_message="x" * 4000)
    settings: Any = {"max_bytes": 10_000, "when_full": "refuse", "close_seconds": 0.0}
    with nobody.producer(**settings) as producer:
        producer.record(large, large)
        with pytest.raises(BufferFull):
            producer.record(large)
    with (
        nobody.producer(batch_bytes=1000, close_seconds=0.0) as producer,
        pytest.raises(ValueError, match="does not fit"),
    ):
        producer.record(large)


def test_a_disk_without_room_is_a_full_buffer(nobody: Client, tmp_path: Path) -> None:
    spool = tmp_path / "spool.db"
    producer = nobody.producer(spool=spool, close_seconds=0.0)
    database: sqlite3.Connection = producer._waiting._buffer._database  # type: ignore[attr-defined]
    database.execute("PRAGMA max_page_count = 20")
    with pytest.raises(BufferFull, match="full"):
        _record_for_ever(producer)
    taken = producer.counts().taken
    assert 0 < taken < 100
    producer.close()
    assert producer.counts().waiting == taken
    # Nothing of what was taken is lost by it.
    again = nobody.producer(spool=spool, close_seconds=0.0)
    assert again.counts().recovered == taken
    with pytest.raises(SpoolInUse):
        nobody.producer(spool=spool)


def _record_for_ever(producer: Producer) -> None:
    for number in count():
        producer.record(execution(number, error_message="x" * 1000))


def test_batches_have_their_size_and_their_order(server: Scripted) -> None:
    server.script = [RecordExecutionsResponse()]
    with Client(server.address, token="t", workspace="acme") as client:
        producer = client.producer(batch_items=4, batch_seconds=60.0)
        producer.record(*(execution(number) for number in range(10)))
        assert producer.flush(10)
        assert producer.counts().sent == 10
    sent = [[one.execution_id for one in asked.request.executions] for asked in server.asked]
    assert [len(batch) for batch in sent] == [4, 4, 2]
    assert [one for batch in sent for one in batch] == [f"run-{n}" for n in range(10)]


def test_it_waits_as_long_as_the_server_says(server: Scripted) -> None:
    told = faults.ResourceExhausted("BACKLOG_FULL", "full", retry_after=timedelta(seconds=0.5))
    server.script = [told, RecordExecutionsResponse()]
    with Client(server.address, token="t", workspace="acme") as client:
        producer = client.producer(batch_seconds=0.0)
        began = time.monotonic()
        producer.record(execution(1))
        assert producer.flush(10)
        assert time.monotonic() - began >= 0.5
    assert len(server.asked) == 2


def test_a_token_that_cannot_be_had_stops_nothing(server: Scripted) -> None:
    server.script = [RecordExecutionsResponse()]
    handed: list[int] = []

    def hand_out() -> str:
        handed.append(1)
        if len(handed) < 3:
            raise OSError("the identity provider is away")
        return "t"

    with Client(server.address, token=hand_out, workspace="acme") as client:
        producer = client.producer(batch_seconds=0.0)
        producer.record(execution(1))
        assert producer.flush(10)
        assert producer.counts().sent == 1
    assert len(server.asked) == 1


def test_a_program_that_fails_when_it_is_told_stops_nothing(server: Scripted) -> None:
    wrong = faults.invalid_field("executions[0].user_id", "breaks a rule")
    server.script = [wrong, RecordExecutionsResponse()]
    told: list[Any] = []

    def fail(fact: Any, _: ShadowerError) -> None:
        told.append(fact)
        raise RuntimeError("the program's own")

    with Client(server.address, token="t", workspace="acme") as client:
        producer = client.producer(batch_items=1, on_rejected=fail)
        producer.record(execution(1), execution(2))
        assert producer.flush(10)
        counts = producer.counts()
    assert (counts.rejected, counts.sent) == (1, 1)
    assert told == [execution(1)]


def test_a_child_does_not_send_what_is_its_parents(nobody: Client) -> None:
    producer = nobody.producer(close_seconds=0.0)
    producer._process -= 1  # As it is after a fork.
    with pytest.raises(ValueError, match="after the fork"):
        producer.record(execution(1))
    producer._process += 1


def test_points_get_ids_that_a_repeat_keeps(nobody: Client, tmp_path: Path) -> None:
    point = MetricPoint(metric_type="queue.depth", value=1.0, timestamp=BEGAN)
    with nobody.producer(close_seconds=0.0) as producer:
        producer.record(point, point)
        entries = producer._waiting._buffer.first(10, 10_000)
    ids = {one.body for one in entries}
    assert len(ids) == 2
