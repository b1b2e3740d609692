"""Services that remember, as callers see it: as_of tells which answers are one and the same."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from shadower.common.v1.filter_pb2 import Filter

from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.locks import held_table, waits_for
from tests.support.runs import Client, interval, run
from tests.support.stack import Environment, Running, Stubs, not_here, ready, start, stop
from tests.support.valkey import Valkey, running_valkey

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
CLOSED = {"interval": interval(TODAY - timedelta(days=9), TODAY - timedelta(days=2))}
THEN = TODAY - timedelta(days=5)
SERVICES = ("ingest", "metrics", "metrics", "aggregates", "workspaces", "agents")
AT_ONCE = {"max_staleness": Duration()}
INVALID = grpc.StatusCode.INVALID_ARGUMENT
COUNT = {"metrics": ["executions"]}


@pytest.fixture(scope="module")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Valkey]:
    async with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
def database(postgres: Any, template: str) -> str:
    return str(postgres.create(template))


@pytest.fixture(scope="module")
async def replicas(
    database: str, jwks_file: Path, valkey: Valkey, tmp_path_factory: Any
) -> AsyncIterator[list[Stubs]]:
    """Two stacks that share all but the process of metrics."""
    extra = (
        ("REDIS_URL", valkey.url),
        # A busy machine is not a halted one.
        ("SHADOWER_REDIS_TIMEOUT_SECONDS", "0.5"),
        ("SHADOWER_CACHE_STALENESS_SECONDS", "10"),
    )
    logs = tmp_path_factory.mktemp("logs")
    environment = Environment(database, jwks_file, logs, extra)
    running = [start(name, environment) for name in SERVICES]
    try:
        await asyncio.gather(*map(ready, running))
        channels = [service.channel() for service in running]
        yield [stubs_of(running, channels, number) for number in (1, 2)]
        await asyncio.gather(*(channel.close() for channel in channels))
    finally:
        for service in running:
            stop(service)


def stubs_of(running: list[Running], channels: list[grpc.aio.Channel], metrics: int) -> Stubs:
    named = {one.name: channel for one, channel in zip(running, channels, strict=True)}
    return Stubs(
        {**named, "metrics": channels[metrics], "relay": channels[0], **not_here(channels[0])}
    )


@pytest.fixture
def client(replicas: list[Stubs], keys: KeyRing) -> Client:
    return Client.of_new_workspace(replicas[0], keys)


@pytest.fixture
def other_replica(client: Client, replicas: list[Stubs]) -> Client:
    return replace(client, stubs=replicas[1])


def executions(answer: Any) -> int:
    [series] = answer.time_series
    return int(series.points[0].value.integer)


QUESTIONS: dict[str, Callable[[Client], Any]] = {
    "GetMetrics": lambda c: c.metrics(**COUNT, **CLOSED),
    "GetWorkspaceSummary": lambda c: c.summary(**CLOSED),
    "ListAgents": lambda c: c.agents(**CLOSED),
    "GetAgentPerformance": lambda c: c.performance("agent-a", **CLOSED),
    "CalculateAggregates": lambda c: c.aggregates(
        aggregations=[{"function": "FUNCTION_COUNT", "field": "FIELD_EXECUTION"}], **CLOSED
    ),
}


@pytest.mark.parametrize("rpc", QUESTIONS)
async def test_what_is_asked_again_is_the_same_answer(client: Client, rpc: str) -> None:
    await client.record([run("a", THEN)])
    first, second = [await QUESTIONS[rpc](client) for _ in range(2)]
    assert first == second
    assert first.as_of.seconds > 0


async def test_a_thousand_who_ask_at_once_are_one_query(client: Client) -> None:
    await client.record([run("a", THEN)])
    answers = await asyncio.gather(*(client.summary(**CLOSED) for _ in range(1_000)))
    assert len({answer.SerializeToString() for answer in answers}) == 1


async def test_replicas_share_their_answers(client: Client, other_replica: Client) -> None:
    await client.record([run("a", THEN)])
    first = await client.metrics(**COUNT, **CLOSED)
    assert await other_replica.metrics(**COUNT, **CLOSED) == first


async def test_replicas_that_are_asked_at_once_calculate_once(
    client: Client, other_replica: Client
) -> None:
    await client.record([run("a", THEN)])
    asked = (one.metrics(**COUNT, **CLOSED) for one in (client, other_replica) * 50)
    answers = await asyncio.gather(*asked)
    assert len({answer.as_of.ToNanoseconds() for answer in answers}) == 1


async def test_late_facts_are_soon_in_the_answers_of_every_replica(
    client: Client, other_replica: Client
) -> None:
    """Much sooner than the ten seconds for which an answer may be served unproven."""
    await client.record([run("a", THEN)])
    for one in (client, other_replica):
        assert executions(await one.metrics(**COUNT, **CLOSED)) == 1
    await client.record([run("late", THEN)])
    began = time.monotonic()
    for one in (client, other_replica):
        while executions(await one.metrics(**COUNT, **CLOSED)) != 2:
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.05)


async def test_what_happens_elsewhere_in_time_leaves_a_closed_answer_alone(client: Client) -> None:
    await client.record([run("a", THEN)])
    first = await client.metrics(**COUNT, **CLOSED)
    await client.record([run("now", datetime.now(UTC) - timedelta(seconds=1))])
    assert await client.metrics(**COUNT, **CLOSED) == first
    assert await client.metrics(**COUNT, **CLOSED, **AT_ONCE) == first


async def test_an_open_answer_is_as_old_as_its_bound_unless_asked_for_fresher(
    client: Client,
) -> None:
    start_time = datetime.now(UTC) - timedelta(seconds=1)
    await client.record([run("a", start_time)])
    first = await client.metrics(**COUNT)
    await client.record([run("b", start_time)])
    await asyncio.sleep(1)
    assert await client.metrics(**COUNT) == first
    fresh = await client.metrics(**COUNT, **AT_ONCE)
    assert (executions(first), executions(fresh)) == (1, 2)
    assert fresh.as_of.ToDatetime() > first.as_of.ToDatetime()
    assert await client.metrics(**COUNT) == fresh


async def test_what_means_the_same_is_one_answer_and_its_pages_fit_both(client: Client) -> None:
    await client.record([run(f"r-{n}", THEN, model=f"m-{n}") for n in range(3)])
    asked = {**COUNT, **CLOSED, "group_by": ["DIMENSION_MODEL"], "page_size": 1}
    some = Filter(models=["m-2", "m-1"]), Filter(models=["m-1", "m-2", "m-1"])
    one = {**asked, "filter": some[0]}
    other = {**asked, "filter": some[1], "time_zone": "UTC", "max_staleness": Duration(seconds=5)}
    first = await client.metrics(**one)
    assert await client.metrics(**other) == first
    pages = [await client.metrics(**q, page_token=first.next_page_token) for q in (one, other)]
    assert pages[0] == pages[1] != first


COUNTED: dict[str, Callable[[Any], int]] = {
    "GetMetrics": executions,
    "GetWorkspaceSummary": lambda answer: int(answer.executions.total),
    "ListAgents": lambda answer: sum(one.executions.total for one in answer.agents),
    "GetAgentPerformance": lambda answer: int(answer.executions.total),
    "CalculateAggregates": lambda answer: int(answer.rows[0].values[0].value.integer),
}


@pytest.mark.parametrize("rpc", QUESTIONS)
async def test_tenants_who_ask_the_same_get_their_own(
    client: Client, replicas: list[Stubs], keys: KeyRing, rpc: str
) -> None:
    """Each has another number of runs, and is answered anew, and from memory in either replica."""
    tenants = [client, *(Client.of_new_workspace(replicas[0], keys) for _ in range(2))]
    for number, tenant in enumerate(tenants, 1):
        await tenant.record([run(f"r-{n}", THEN) for n in range(number)])
    for stubs in (replicas[0], replicas[0], replicas[1]):
        asked = [QUESTIONS[rpc](replace(tenant, stubs=stubs)) for tenant in tenants]
        assert [COUNTED[rpc](answer) for answer in await asyncio.gather(*asked)] == [1, 2, 3]


async def test_who_may_not_ask_is_refused_what_is_remembered(client: Client, keys: KeyRing) -> None:
    await client.record([run("a", THEN)])
    await client.metrics(**COUNT, **CLOSED)
    stranger = replace(client, metadata=keys.metadata("elsewhere"))
    powerless = replace(client, metadata=keys.metadata(client.workspace, role="none"))
    assert (await refused(stranger.metrics(**COUNT, **CLOSED))).reason == "WORKSPACE_DENIED"
    assert (await refused(powerless.metrics(**COUNT, **CLOSED))).reason == "PERMISSION_MISSING"


async def test_a_refusal_is_not_remembered(client: Client) -> None:
    missing = await refused(client.performance("agent-a", **CLOSED))
    await client.record([run("a", THEN)])
    answer = await client.performance("agent-a", **CLOSED)
    assert (missing.reason, answer.executions.total) == ("AGENT_NOT_FOUND", 1)


async def test_a_caller_who_gives_up_leaves_the_answer_to_the_others(
    client: Client, database: str
) -> None:
    """The first gives up while the database still works for both."""
    await client.record([run(f"r-{n}", THEN) for n in range(50)])
    with held_table(database, "workspaces", "executions") as holder:
        hasty = asyncio.ensure_future(client.metrics(**COUNT, **CLOSED))
        await waits_for(holder)
        patient = asyncio.ensure_future(client.metrics(**COUNT, **CLOSED))
        await asyncio.sleep(0.1)
        began = datetime.now(UTC)
        hasty.cancel()
        await asyncio.sleep(0.3)
        assert not patient.done()
        holder.rollback()
    answer = await patient
    assert executions(answer) == 50
    # It was not begun anew when the first one went.
    assert answer.as_of.ToDatetime(UTC) < began


async def test_negative_staleness_is_refused(client: Client) -> None:
    refusal = await refused(client.metrics(**COUNT, max_staleness=Duration(seconds=-1)))
    assert (refusal.code, refusal.fields) == (INVALID, ("max_staleness",))


async def test_answers_are_right_while_the_shared_tier_holds_garbage(
    client: Client, other_replica: Client, valkey: Valkey
) -> None:
    await client.record([run("a", THEN)])
    first = await client.metrics(**COUNT, **CLOSED)
    async with valkey.client() as server:
        for name in await valkey.names():
            await server.set(name, os.urandom(300))
    again = await other_replica.metrics(**COUNT, **CLOSED)
    assert executions(again) == executions(first) == 1


async def test_answers_are_right_and_bounded_while_the_shared_tier_is_halted(
    client: Client, other_replica: Client, valkey: Valkey
) -> None:
    await client.record([run("a", THEN)])
    valkey.halt()
    try:
        for one in (client, other_replica) * 5:
            began = time.monotonic()
            await client.record([run(f"late-{began}", THEN)])
            assert executions(await one.metrics(**COUNT, **CLOSED, **AT_ONCE)) > 1
            assert time.monotonic() - began < 4
    finally:
        valkey.go_on()
