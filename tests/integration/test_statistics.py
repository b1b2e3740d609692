"""What a process tells of itself: calls, pools, groups of the bus, and what it stands on."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import jwt
import psycopg
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from shadower.runtime.v1.statistics_pb2 import ProcessStatistics
from shadower.runtime.v1.statistics_service_pb2 import GetStatisticsRequest
from shadower.upkeep.v1 import health_pb2
from shadower.upkeep.v1 import health_service_pb2 as pb

from services.runtime import measured_pool
from services.runtime.background import in_background
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.faults import Unavailable
from services.runtime.mesh_tokens import MeshTokens
from services.runtime.pool import RELAY_ROLE, open_pool
from services.runtime.telemetry.instruments import Instruments, measuring
from services.runtime.telemetry.telling import process_statistics
from services.runtime.times import to_datetime
from services.upkeep.health_servicer import _serving
from services.upkeep.settings import UpkeepSettings
from services.upkeep.standing import Processes
from services.warehouse.bus.lagging import OutboxLag
from services.warehouse.bus.outbox import QUERIES
from services.warehouse.database import Database
from services.warehouse.rollups import lagging
from services.warehouse.rollups.lagging import RollupLag
from tests.support.bus import publish_one, settings_of
from tests.support.keys import AUDIENCE, MESH_ISSUER, KeyRing
from tests.support.ports import free_port
from tests.support.rolling import roll
from tests.support.runs import Client, agent_runs
from tests.support.stack import SERVICES, Stack
from tests.support.waiting import until

GET_METRICS = "shadower.metrics.v1.MetricsService/GetMetrics"
HOUR = 3600


async def statistics(stack: Stack, keys: KeyRing) -> ProcessStatistics:
    """Of the process that answers with metrics."""
    operator = keys.metadata(SYSTEM_WORKSPACE, role=None, permissions=["statistics:read"])
    request = GetStatisticsRequest(workspace_id=SYSTEM_WORKSPACE)
    answer = await stack.stubs.statistics.GetStatistics(request, metadata=operator)
    found: ProcessStatistics = answer.statistics
    return found


def calls(told: ProcessStatistics, method: str = GET_METRICS) -> Any:
    return next((rpc for rpc in told.rpcs if rpc.method == method), None)


async def test_calls_are_counted_also_those_answered_from_memory(
    stack: Stack, keys: KeyRing
) -> None:
    client = Client.of_new_workspace(stack.stubs, keys)
    await client.metrics(metrics=["executions"])
    before = calls(await statistics(stack, keys))
    for _ in range(5):
        await client.metrics(metrics=["executions"])
    with pytest.raises(grpc.aio.AioRpcError):
        await client.metrics(interval={"start_time": {"seconds": 9}, "end_time": {"seconds": 5}})
    told = await statistics(stack, keys)
    after = calls(told)
    assert after.calls - before.calls >= 6
    failures = sum(after.failures.values()) - sum(before.failures.values())
    assert failures >= 1
    assert "INVALID_ARGUMENT" in after.failures
    assert 0 < after.median.ToNanoseconds() <= after.p95.ToNanoseconds()
    assert after.connections_taken > 0
    assert told.process == "metrics"
    assert to_datetime(told.start_time) < datetime.now(UTC)
    assert {one.method for one in told.cache.methods} >= {f"/{GET_METRICS}"}
    assert [(one.pool, one.limit) for one in told.pools] == [("shadower_service", 4)]
    [postgres] = told.dependencies
    assert (postgres.dependency, postgres.up, postgres.reason) == ("postgresql", True, "")
    assert to_datetime(postgres.since) <= to_datetime(postgres.check_time)


async def test_health_tells_of_each_dependency(stack: Stack) -> None:
    async with stack.running["reports"].channel() as channel:
        for name in ("postgresql", "objects"):
            answer = await HealthStub(channel).Check(HealthCheckRequest(service=name), timeout=5)
            assert answer.status == HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError, match="NOT_FOUND"):
            await HealthStub(channel).Check(HealthCheckRequest(service="redis"), timeout=5)


async def test_detailed_health_asks_processes_what_they_stand_on(
    stack: Stack, jwks_file: Path
) -> None:
    reports, agents = SERVICES["reports"], SERVICES["agents"]
    addresses = {name: one.address for name, one in stack.running.items()}
    settings = UpkeepSettings(
        DATABASE_URL=stack.database_url,
        jwks_file=jwks_file,
        checked_services=f"{reports}@{addresses['reports']},{agents}@127.0.0.1:1,"
        f"{agents}@{addresses['agents']}",
    )
    key = jwt.PyJWK.from_json(jwks_file.with_name("mesh-key.json").read_text(), "EdDSA")
    processes = Processes(settings, MeshTokens(key, MESH_ISSUER, AUDIENCE))
    standing = await processes.standing()
    told = {
        name: [(replica, one.dependency, one.up) for replica, one in found]
        for name, found in standing.items()
    }
    # Of one of two nobody hears: it does not answer.
    assert told == {
        reports: [(1, "objects", True), (1, "postgresql", True)],
        agents: [(2, "postgresql", True)],
    }
    assert await processes.standing() is standing


@pytest.mark.parametrize(
    ("states", "serving"),
    [([], None), ([1, 1], True), ([1, 0], None), ([0], None), ([1, 2], False), ([0, 3], False)],
)
def test_it_is_not_known_whether_all_serve_before_all_were_seen(
    states: list[Any], serving: bool | None
) -> None:
    assert _serving([health_pb2.ServiceHealth(state=state) for state in states]) is serving
    assert pb.GetHealthResponse(serving=serving).HasField("serving") is (serving is not None)


async def test_a_pool_tells_who_waits_and_who_gave_up(database_url: str) -> None:
    settings = settings_of(database_url, pool_size=2)
    with measuring(settings, "test") as opened:
        async with open_pool(settings) as pool:
            async with pool.acquire(), pool.acquire():
                waiting = asyncio.create_task(pool.fetchval("select 1"))
                await asyncio.sleep(0.05)
                [busy] = process_statistics(opened).pools
                assert (busy.used, busy.idle, busy.waiting, busy.timeouts) == (2, 0, 1, 0)
                with pytest.raises(TimeoutError):
                    await pool.acquire(timeout=0.01)
            assert await waiting == 1
            assert await pool.trouble() == ""
            [idle] = process_statistics(opened).pools
        assert (idle.used, idle.waiting, idle.timeouts, idle.limit) == (0, 0, 1, 2)
        assert idle.wait_p95.ToNanoseconds() > 40_000_000


async def test_a_busy_pool_is_no_dead_database(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(database_url, pool_size=1)
    monkeypatch.setattr(measured_pool, "LONG_SECONDS", 0.05)
    with measuring(settings, "test") as opened:
        async with open_pool(settings) as pool, pool.acquire():
            assert await pool.trouble() == ""
            for seconds, given_up in ((0.01, 0), (0.1, 1)):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await pool.fetchval("select 1")
                [busy] = process_statistics(opened).pools
                assert (busy.waiting, busy.timeouts) == (0, given_up)


async def test_a_database_that_is_away_is_told_and_nobody_waits_for_it(database_url: str) -> None:
    settings = settings_of(f"postgresql://127.0.0.1:{free_port()}/none")
    with measuring(settings, "test") as opened:
        async with open_pool(settings) as pool:
            assert await pool.trouble()
            [away] = process_statistics(opened).pools
        assert (away.timeouts, away.taken) == (0, 0)


async def test_the_outbox_says_how_far_each_group_is_behind(
    stack: Stack, database_url: str
) -> None:
    settings = settings_of(database_url)
    with measuring(settings, "test") as opened:
        async with open_pool(settings) as pool, open_pool(settings, RELAY_ROLE) as outbox:
            for group in ("notifications", "others"):
                await outbox.execute(QUERIES["join_group"], group)
            lag = OutboxLag(outbox, has_kafka=False)
            await lag.look()
            assert behind(opened) == {"notifications": (0, 0.0), "others": (0, 0.0)}
            for _ in range(3):
                await publish_one(Database(pool), "w")
            await asyncio.sleep(0.05)
            await lag.look()
            assert {events for events, _ in behind(opened).values()} == {3}
            assert all(0.05 <= age < HOUR for _, age in behind(opened).values())
            place = "select txid, id from shadower.outbox order by txid desc, id desc limit 1"
            txid, number = await outbox.fetchrow(place)
            await outbox.execute(QUERIES["advance"], "others", 0, 0, txid, number)
            await lag.look()
            assert behind(opened)["others"] == (0, 0.0)
            assert behind(opened)["notifications"][0] == 3


def behind(opened: Instruments) -> dict[str, tuple[int, float]]:
    return {
        group.group: (group.behind, group.age.ToNanoseconds() / 1e9)
        for group in process_statistics(opened).groups
    }


async def test_rollups_say_what_is_missing_and_for_how_long(
    stack: Stack, keys: KeyRing, rolling: Database
) -> None:
    client = Client.of_new_workspace(stack.stubs, keys)
    await client.record(agent_runs()[:50])
    clock = [100.0]

    async def pages() -> Any:
        yield [client.workspace]

    with measuring(settings_of(stack.database_url), "test"):
        lag = RollupLag(rolling, pages, lambda: clock[0])
    assert not list(lag.lag())
    assert not list(lag.missing())
    await lag.look()
    missing = dict(lag.missing())
    assert missing["hour",] >= HOUR
    assert missing["week",] >= 7 * 24 * HOUR
    clock[0] += 60
    await lag.look()
    # It was missing before the first look, as long as there is the workspace.
    waited = dict(lag.lag())
    assert waited.keys() == {("hour",), ("day",), ("week",)}
    assert all(60.0 < seconds < HOUR for seconds in waited.values())
    await roll(rolling, client.workspace)
    await lag.look()
    assert set(dict(lag.missing()).values()) == {0.0}
    assert set(dict(lag.lag()).values()) == {0.0}
    clock[0] += timedelta(hours=1).total_seconds()
    late = [dict(row, execution_id=f"late-{n}") for n, row in enumerate(agent_runs()[:2])]
    await client.record(late)
    await lag.look()
    clock[0] += 5
    assert 5.0 <= dict(lag.lag())["day",] < HOUR


async def test_a_process_that_begins_anew_knows_how_long_rollups_have_waited(
    stack: Stack, keys: KeyRing, rolling: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client.of_new_workspace(stack.stubs, keys)
    await client.record(agent_runs()[:5])
    weeks = timedelta(weeks=2)
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update shadower.workspaces set created_at = created_at - %s where workspace_id = %s",
            (weeks, client.workspace),
        )
    is_away = False

    async def pages() -> Any:
        if is_away:
            raise Unavailable("DATABASE_UNAVAILABLE", "away")
        yield [client.workspace]

    monkeypatch.setattr(lagging, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(lagging, "PAUSES_PER_LOOK", 0)
    with measuring(settings_of(stack.database_url), "test"):
        lag = RollupLag(rolling, pages)
    async with asyncio.timeout(20), in_background(lag.follow()):
        await until(lambda: bool(dict(lag.lag())))
        assert all(seconds >= weeks.total_seconds() for seconds in dict(lag.lag()).values())
        is_away = True
        await until(lambda: not dict(lag.lag()))
        is_away = False
        await until(lambda: bool(dict(lag.lag())))
        assert all(seconds >= weeks.total_seconds() for seconds in dict(lag.lag()).values())
