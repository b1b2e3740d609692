"""What may wait to be written: beyond that, callers are sent away and lose nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub

from services.ingest.arrival import Arrival, Part
from services.ingest.intake.backlog import Backlog
from services.ingest.kinds import EXECUTIONS
from services.runtime.faults import ResourceExhausted
from tests.support.errors import Refusal, refusal
from tests.support.kafka import kafka_of_our_own
from tests.support.keys import KeyRing
from tests.support.oracle import by_sql
from tests.support.recording import run
from tests.support.stack import Environment, Stack, ready, start, stop

SECONDS = 60
STORED = "select count(*), count(distinct execution_id) from executions where workspace_id = %s"


@pytest.fixture
def environment(stack: Stack, jwks_file: Path, tmp_path: Path) -> Environment:
    return Environment(stack.database_url, jwks_file, tmp_path)


@asynccontextmanager
async def ingest_with(environment: Environment, *extra: tuple[str, str]) -> AsyncIterator[Any]:
    service = start("ingest", replace(environment, extra=extra))
    try:
        await ready(service)
        async with service.channel() as channel:
            yield IngestServiceStub(channel)
    finally:
        stop(service)


def batch(workspace: str, number: int) -> RecordExecutionsRequest:
    items = [run(f"{number}-{one}") for one in range(10)]
    return RecordExecutionsRequest(workspace_id=workspace, executions=items)


async def sent(stub: Any, metadata: Any, request: Any) -> Refusal | None:
    try:
        await stub.RecordExecutions(request, metadata=metadata, timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        return refusal(error)
    return None


async def sent_until_taken(stub: Any, metadata: Any, request: Any) -> list[Refusal]:
    """As a producer does that does as it is told."""
    refusals: list[Refusal] = []
    while (found := await sent(stub, metadata, request)) is not None:
        refusals.append(found)
        await asyncio.sleep(found.retry_seconds or 0)
    return refusals


@pytest.mark.parametrize("limit", ["ITEMS", "BYTES"])
async def test_a_full_backlog_sends_callers_away_who_lose_nothing(
    environment: Environment, keys: KeyRing, workspace: str, limit: str
) -> None:
    metadata, size = keys.metadata(workspace), batch(workspace, 100).ByteSize()
    most = {"ITEMS": "50", "BYTES": str(5 * size)}[limit]
    async with ingest_with(environment, (f"SHADOWER_BACKLOG_{limit}", most)) as stub:
        assert await sent(stub, metadata, batch(workspace, 100)) is None
        with psycopg.connect(environment.database_url) as holder:
            lock = "select from shadower.workspaces where workspace_id = %s for update"
            assert holder.execute(lock, [workspace]).rowcount == 1
            sending = [
                asyncio.create_task(sent_until_taken(stub, metadata, batch(workspace, number)))
                for number in range(101, 121)
            ]
            await asyncio.sleep(1.5)
            assert not any(one.done() for one in sending)
        async with asyncio.timeout(SECONDS):
            refusals = [one for of_one in await asyncio.gather(*sending) for one in of_one]
    assert Counter((one.code, one.reason, one.retry_seconds) for one in refusals) == {
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "BACKLOG_FULL", 1.0): len(refusals)
    }
    assert refusals[0].metadata == {"limit": most, "unit": limit.lower()}
    assert len(refusals) >= 15
    assert by_sql(environment.database_url, STORED, workspace) == [(210, 210)]


async def test_a_log_that_is_away_is_not_waited_for_and_nothing_grows(
    environment: Environment, keys: KeyRing, workspace: str, tmp_path: Path
) -> None:
    metadata = keys.metadata(workspace)
    with kafka_of_our_own(tmp_path / "kafka") as cluster:
        extra = (("KAFKA_BROKERS", cluster.brokers), ("SHADOWER_BACKLOG_ITEMS", "50"))
        async with ingest_with(environment, *extra) as stub:
            assert await sent(stub, metadata, batch(workspace, 0)) is None
            cluster.nodes[0].pause()
            try:
                work = [sent(stub, metadata, batch(workspace, number)) for number in range(1, 10)]
                async with asyncio.timeout(20):
                    found = [one for one in await asyncio.gather(*work) if one is not None]
                reasons = Counter(one.reason for one in found)
                assert reasons == {"LOG_UNAVAILABLE": 5, "BACKLOG_FULL": 4}
                assert {one.retry_seconds for one in found} == {1.0}
                # Who gave up made no room: what was handed to the log may still arrive there.
                again = await sent(stub, metadata, batch(workspace, 10))
                assert again is not None
                assert again.reason == "BACKLOG_FULL"
            finally:
                cluster.nodes[0].resume()
            async with asyncio.timeout(SECONDS):
                for number in range(1, 11):
                    await sent_until_taken(stub, metadata, batch(workspace, number))
        async with writer(environment, cluster.brokers), asyncio.timeout(SECONDS):
            while by_sql(environment.database_url, STORED, workspace) != [(110, 110)]:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@asynccontextmanager
async def writer(environment: Environment, brokers: str) -> AsyncIterator[None]:
    service = start("ingest.writer", replace(environment, extra=(("KAFKA_BROKERS", brokers),)))
    try:
        yield
    finally:
        stop(service)


def arrival(items: int, size: int) -> Arrival:
    return Arrival("w", [Part(EXECUTIONS, [run()] * items)], size)


def test_what_is_larger_than_all_the_room_enters_alone() -> None:
    backlog = Backlog(10, 1000)
    large = arrival(20, 5000)
    backlog.enter(large)
    with pytest.raises(ResourceExhausted):
        backlog.enter(arrival(1, 1))
    backlog.leave(large)
    backlog.enter(arrival(10, 1000))
