"""What an operator sees of processes' caches, and has them forget, in every replica."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from shadower.runtime.v1.cache_service_pb2 import (
    GetCacheStatisticsRequest,
    InvalidateAnswersRequest,
)
from shadower.runtime.v1.cache_service_pb2_grpc import CacheServiceStub
from shadower.runtime.v1.cache_statistics_pb2 import CacheStatistics, SharedTierState

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from tests.e2e.test_buf_curl import buf_curl
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import Client, interval
from tests.support.stack import Environment, Running, Stubs, not_here, ready, start, stop
from tests.support.valkey import Valkey, running_valkey

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
CLOSED = {"interval": interval(TODAY - timedelta(days=9), TODAY - timedelta(days=2))}
COUNT = {"metrics": ["executions"]}
GET_METRICS = "/shadower.metrics.v1.MetricsService/GetMetrics"
GET_SUMMARY = "/shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary"
SERVICES = ("ingest", "metrics", "metrics", "aggregates", "workspaces", "agents")
MAY_INVALIDATE = ["cache:write"]
OPERATOR: dict[str, Any] = {"role": "none", "permissions": ["cache:read", "cache:write"]}


@pytest.fixture(scope="module")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Valkey]:
    async with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
async def running(
    postgres: Any, template: str, jwks_file: Path, valkey: Valkey, tmp_path_factory: Any
) -> AsyncIterator[list[Running]]:
    extra = (
        ("REDIS_URL", valkey.url),
        ("SHADOWER_REDIS_TIMEOUT_SECONDS", "0.5"),
        # Nothing but to be forgotten makes an answer be calculated again.
        ("SHADOWER_CACHE_STALENESS_SECONDS", "300"),
    )
    logs = tmp_path_factory.mktemp("logs")
    environment = Environment(postgres.create(template), jwks_file, logs, extra)
    processes = [start(name, environment) for name in SERVICES]
    try:
        await asyncio.gather(*map(ready, processes))
        # Until each has begun to listen to what others forget.
        await asyncio.sleep(1)
        yield processes
    finally:
        for process in processes:
            stop(process)


@pytest.fixture
async def channels(running: list[Running]) -> AsyncIterator[list[grpc.aio.Channel]]:
    opened = [process.channel() for process in running]
    yield opened
    await asyncio.gather(*(channel.close() for channel in opened))


@pytest.fixture
def client(running: list[Running], channels: list[grpc.aio.Channel], keys: KeyRing) -> Client:
    named = {one.name: channel for one, channel in zip(running, channels, strict=True)}
    stubs = Stubs({**named, "metrics": channels[1], "relay": channels[0], **not_here(channels[0])})
    new = Client.of_new_workspace(stubs, keys)
    return replace(new, metadata=keys.metadata(new.workspace, permissions=MAY_INVALIDATE))


@pytest.fixture
def other_replica(client: Client, channels: list[grpc.aio.Channel]) -> Client:
    named = dict(zip(SERVICES, channels, strict=True))
    return replace(
        client,
        stubs=Stubs(
            {**named, "metrics": channels[2], "relay": channels[0], **not_here(channels[0])}
        ),
    )


@pytest.fixture
def operator(keys: KeyRing) -> tuple[Any, ...]:
    return keys.metadata(SYSTEM_WORKSPACE, **OPERATOR)


async def statistics(channel: grpc.aio.Channel, operator: tuple[Any, ...]) -> CacheStatistics:
    stub: Any = CacheServiceStub(channel)
    request = GetCacheStatisticsRequest(workspace_id=SYSTEM_WORKSPACE)
    told: CacheStatistics = (await stub.GetCacheStatistics(request, metadata=operator)).statistics
    return told


async def outcomes(
    channel: grpc.aio.Channel, operator: tuple[Any, ...], method: str = GET_METRICS
) -> tuple[int, ...]:
    """Hits, confirmed, shared, joined, calculated."""
    for one in (await statistics(channel, operator)).methods:
        if one.method == method:
            return (one.hits, one.confirmed, one.shared, one.joined, one.calculated)
    return (0, 0, 0, 0, 0)


def grown(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(b - a for a, b in zip(before, after, strict=True))


async def invalidate(client: Client, metadata: Any = None, **asked: str) -> Any:
    request = InvalidateAnswersRequest(**{"workspace_id": client.workspace, **asked})
    return await client.stubs.cache.InvalidateAnswers(request, metadata=metadata or client.metadata)


async def test_each_question_is_counted_by_what_became_of_it(
    client: Client,
    other_replica: Client,
    channels: list[grpc.aio.Channel],
    operator: tuple[Any, ...],
) -> None:
    before = [await outcomes(channel, operator) for channel in channels[1:3]]
    for _ in range(4):
        await client.metrics(**COUNT, **CLOSED)
    for _ in range(3):
        await other_replica.metrics(**COUNT, **CLOSED)
    after = [await outcomes(channel, operator) for channel in channels[1:3]]
    assert grown(before[0], after[0]) == (3, 0, 0, 0, 1)
    assert grown(before[1], after[1]) == (2, 0, 1, 0, 0)


async def test_what_is_remembered_is_told_with_the_tier_that_is_shared(
    client: Client, channels: list[grpc.aio.Channel], operator: tuple[Any, ...]
) -> None:
    before = await statistics(channels[1], operator)
    await client.metrics(**COUNT, **CLOSED)
    after = await statistics(channels[1], operator)
    assert after.entries == before.entries + 1
    assert after.bytes > before.bytes
    assert after.shared_tier.state == SharedTierState.SHARED_TIER_STATE_USED


async def test_every_process_with_a_cache_tells_its_own(
    client: Client, channels: list[grpc.aio.Channel], operator: tuple[Any, ...]
) -> None:
    await client.summary(**CLOSED)
    told = [await outcomes(channel, operator, GET_SUMMARY) for channel in channels[1:]]
    assert [sum(one) > 0 for one in told] == [False, False, False, True, False]


async def test_invalidated_answers_are_calculated_anew_in_every_replica(
    client: Client, other_replica: Client
) -> None:
    replicas = (client, other_replica)
    first = [(await one.metrics(**COUNT, **CLOSED)).as_of for one in replicas]
    assert first[0] == first[1]
    answer = await invalidate(client)
    assert (answer.dropped_here, answer.dropped_shared) == (1, 1)
    await until_newer(other_replica, first[0])
    again = [(await one.metrics(**COUNT, **CLOSED)).as_of for one in replicas]
    assert again[0] == again[1]
    assert again[0].ToNanoseconds() > first[0].ToNanoseconds()


async def until_newer(client: Client, than: Any) -> None:
    began = time.monotonic()
    while (await client.metrics(**COUNT, **CLOSED)).as_of == than:
        assert time.monotonic() - began < 2
        await asyncio.sleep(0.02)


async def test_answers_of_other_workspaces_and_methods_stay(
    client: Client, other_replica: Client, keys: KeyRing
) -> None:
    neighbour = Client.of_new_workspace(client.stubs, keys)
    asked = (client.summary, neighbour.metrics, other_replica.metrics)
    extra: tuple[dict[str, Any], ...] = ({}, COUNT, COUNT)
    first = [await ask(**more, **CLOSED) for ask, more in zip(asked, extra, strict=True)]
    await client.metrics(**COUNT, **CLOSED)
    await invalidate(client, method=GET_METRICS)
    await until_newer(other_replica, first[2].as_of)
    assert await client.summary(**CLOSED) == first[0]
    assert await neighbour.metrics(**COUNT, **CLOSED) == first[1]


async def test_one_service_makes_the_others_forget(
    client: Client, channels: list[grpc.aio.Channel]
) -> None:
    """Their answers have names of another edition."""
    first = await client.summary(**CLOSED)
    answer = await invalidate(client)
    assert (answer.dropped_here, answer.dropped_shared) == (0, 1)
    began = time.monotonic()
    while (await client.summary(**CLOSED)).as_of == first.as_of:
        assert time.monotonic() - began < 2
        await asyncio.sleep(0.02)


async def test_the_operators_workspace_stands_for_all(
    client: Client, keys: KeyRing, operator: tuple[Any, ...]
) -> None:
    clients = [client, Client.of_new_workspace(client.stubs, keys)]
    first = [(await one.metrics(**COUNT, **CLOSED)).as_of for one in clients]
    await invalidate(client, operator, workspace_id=SYSTEM_WORKSPACE)
    second = [(await one.metrics(**COUNT, **CLOSED)).as_of for one in clients]
    assert all(one != other for one, other in zip(first, second, strict=True))


async def test_nobody_invalidates_what_is_another_tenants(client: Client, keys: KeyRing) -> None:
    stranger = keys.metadata("elsewhere", permissions=MAY_INVALIDATE)
    assert (await refused(invalidate(client, stranger))).reason == "WORKSPACE_DENIED"
    own = await refused(invalidate(client, workspace_id=SYSTEM_WORKSPACE))
    assert own.reason == "WORKSPACE_DENIED"


@pytest.mark.parametrize("method", ["*", "/a/b*", "/a.b/c:", "GetMetrics", "/[a]/b"])
async def test_a_method_is_no_pattern(client: Client, method: str) -> None:
    found = await refused(invalidate(client, method=method))
    assert (found.code, found.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("method",))


async def test_who_invalidated_what_is_written_down(
    client: Client, running: list[Running], keys: KeyRing
) -> None:
    await client.metrics(**COUNT, **CLOSED)
    metadata = keys.metadata(client.workspace, sub="olga", permissions=MAY_INVALIDATE)
    await invalidate(client, metadata, method=GET_METRICS)
    lines = [json.loads(line) for line in running[1].log.read_text().splitlines()]
    [line] = [line for line in lines if line.get("subject") == "olga" and "dropped_here" in line]
    assert (line["workspace_id"], line["method"]) == (client.workspace, GET_METRICS)
    assert (line["dropped_here"], line["dropped_shared"]) == (1, 1)


async def test_a_shared_tier_that_cannot_be_told_is_told_to_the_caller(
    client: Client, valkey: Valkey
) -> None:
    first = await client.metrics(**COUNT, **CLOSED)
    valkey.halt()
    try:
        found = await refused(invalidate(client))
        assert (found.code, found.reason) == (grpc.StatusCode.UNAVAILABLE, "CACHE_UNREACHABLE")
        assert (await client.metrics(**COUNT, **CLOSED)).as_of != first.as_of
    finally:
        valkey.go_on()


@pytest.mark.parametrize("number", [1, 3, 4, 5])
async def test_buf_curl_gets_statistics_of_every_process(
    running: list[Running], keys: KeyRing, number: int
) -> None:
    bearer = f"authorization: Bearer {keys.token(SYSTEM_WORKSPACE, **OPERATOR)}"
    data = json.dumps({"workspaceId": SYSTEM_WORKSPACE})
    path = "/shadower.runtime.v1.CacheService/GetCacheStatistics"
    code, out, error = await buf_curl(running[number].address, path, "-H", bearer, "-d", data)
    assert code == 0, error
    assert "sharedTier" in json.loads(out)["statistics"]
