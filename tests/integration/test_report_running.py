"""Each due time becomes one report, told once, whichever process makes it and dies over it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from shadower.reports.v1 import reports_service_pb2 as pb
from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceStub

from tests.support.keys import KeyRing
from tests.support.postgres import Server
from tests.support.reports import DAILY, Desk
from tests.support.runs import Client
from tests.support.stack import Environment, Running, Stack, mesh, ready, start, stop_all

DAY = timedelta(days=1)
TOLD_AND_KILLED = 5
AT_ONCE = 4


@dataclass(frozen=True)
class Process:
    """One that makes reports."""

    running: Running
    stub: Any

    async def generate(self, desk: Desk) -> pb.GenerateDueReportsResponse | None:
        """None if the process died before it had answered."""
        request = pb.GenerateDueReportsRequest(workspace_id=desk.workspace)
        try:
            answer: Any = await self.stub.GenerateDueReports(request, metadata=desk.metadata)
        except grpc.aio.AioRpcError as died:
            if died.code() is grpc.StatusCode.UNAVAILABLE:
                await self.until_killed()
                return None
            raise
        return answer

    async def until_killed(self) -> None:
        assert await asyncio.to_thread(self.running.process.wait, 20) == -signal.SIGKILL


@dataclass(frozen=True)
class Replicas:
    """Over one database of their own, and the services of others."""

    keeps_and_dies: Process
    tells_and_dies: Process
    lives: Process
    stack: Stack


@pytest.fixture(scope="module")
async def replicas(
    stack: Stack,
    postgres: Server,
    template: str,
    jwks_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Replicas]:
    told = (("SHADOWER_MESH", mesh(stack.running)),)
    url, logs = postgres.create(template), tmp_path_factory.mktemp("replicas")
    environment = Environment(url, jwks_file, logs, told)
    points = ("report.kept=kill", f"report.told=kill@{TOLD_AND_KILLED}", "")
    running = [
        start("reports", replace(environment, extra=(*told, ("SHADOWER_FAILPOINTS", point))))
        for point in points
    ]
    try:
        await asyncio.gather(*map(ready, running))
        channels = [one.channel() for one in running]
        stubs = [ReportsServiceStub(channel) for channel in channels]
        processes = [Process(*pair) for pair in zip(running, stubs, strict=True)]
        yield Replicas(*processes, stack=Stack(stack.running, stack.stubs, url))
        for channel in channels:
            await channel.close()
    finally:
        stop_all(one for one in running if one.process.poll() is None)


@pytest.fixture
def desk(replicas: Replicas, keys: KeyRing) -> Desk:
    made = Desk.of_new_workspace(replicas.stack, keys)
    stubs = _Stubs(replicas.lives.stub)
    return Desk(replicas.stack, keys, Client(stubs, made.workspace, made.client.metadata))


@dataclass(frozen=True)
class _Stubs:
    """The desk's services: that of the process that lives."""

    reports: Any


async def make_due(desk: Desk, replicas: Replicas, name: str) -> datetime:
    """Since yesterday. The time that it was due at."""
    request = pb.CreateDefinitionRequest(workspace_id=desk.workspace, definition_id=name)
    request.definition.MergeFrom(SAID)
    stub = replicas.lives.stub
    made = await stub.CreateDefinition(request, metadata=desk.metadata)
    due = made.definition.due_time.ToDatetime(UTC) - DAY
    desk.set_due(due, name)
    return due


def reports_of(desk: Desk) -> list[Any]:
    return desk.by_sql(
        "select definition_id, state, attempts, due_at, jsonb_array_length(files)"
        " from shadower.reports where workspace_id = %s order by definition_id",
        desk.workspace,
    )


def told(desk: Desk) -> list[tuple[str, str]]:
    return sorted((kind, data["definitionId"]) for kind, data in desk.events())


def let_leases_end(desk: Desk) -> None:
    """As if a minute had passed since its holder died."""
    desk.by_sql(
        "update shadower.reports set claimed_until = now() where workspace_id = %s",
        desk.workspace,
    )


async def test_what_dies_before_it_has_told_is_made_again_and_told_once(
    desk: Desk, replicas: Replicas
) -> None:
    due = await make_due(desk, replicas, "daily")
    await replicas.keeps_and_dies.generate(desk)
    await replicas.keeps_and_dies.until_killed()
    assert reports_of(desk) == [("daily", "running", 1, due, 0)]
    # Nobody takes it over while it may live.
    again = await replicas.lives.generate(desk)
    assert again is not None
    assert (again.planned, again.waiting) == (0, 0)
    let_leases_end(desk)
    over = await replicas.lives.generate(desk)
    assert over is not None
    assert over.remaining == 0
    await until_done(desk, 1)
    assert reports_of(desk) == [("daily", "done", 2, due, 1)]
    assert told(desk) == [("report.generated", "daily")]


async def test_two_at_once_make_each_due_time_once_until_one_dies_having_told(
    desk: Desk, replicas: Replicas
) -> None:
    names = [f"d-{number}" for number in range(AT_ONCE)]
    for name in names:
        await make_due(desk, replicas, name)
    both = (replicas.tells_and_dies, replicas.lives)
    answers = await asyncio.gather(*(one.generate(desk) for one in both * 2))
    assert sum(one.planned for one in answers if one) == AT_ONCE
    await until_done(desk, AT_ONCE)
    # It goes on alone, until it is killed behind the commit of what it told.
    for number in range(AT_ONCE, 3 * TOLD_AND_KILLED):
        names.append(f"d-{number}")
        await make_due(desk, replicas, names[-1])
        await replicas.tells_and_dies.generate(desk)
        await until_done(desk, number + 1)
        if await is_dead(replicas.tells_and_dies):
            break
    else:
        pytest.fail("it never died")
    let_leases_end(desk)
    over = await replicas.lives.generate(desk)
    assert over is not None
    assert over.planned == 0
    await until_done(desk, len(names))
    assert [row[0] for row in reports_of(desk)] == sorted(names)
    assert told(desk) == [("report.generated", name) for name in sorted(names)]


async def is_dead(process: Process) -> bool:
    """What kills itself behind a commit is gone a moment after others see that."""
    await asyncio.sleep(0.2)
    return process.running.process.poll() == -signal.SIGKILL


async def until_done(desk: Desk, count: int) -> None:
    async with asyncio.timeout(30):
        while sum(row[1] == "done" for row in reports_of(desk)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_who_cannot_be_asked_fails_it_in_the_end_and_that_is_told(
    desk: Desk, replicas: Replicas, keys: KeyRing
) -> None:
    """Two tries more are said to have failed already."""
    await make_due(desk, replicas, "daily")
    desk.by_sql(
        "update shadower.report_definitions set definition = definition || %s::jsonb"
        " where workspace_id = %s",
        '{"filter": {"tags": ["not=known"]}}',
        desk.workspace,
    )
    await replicas.lives.generate(desk)
    async with asyncio.timeout(30):
        while not (rows := reports_of(desk)) or rows[0][1:3] != ("pending", 1):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    desk.by_sql(
        "update shadower.reports set attempts = 3, next_at = now() where workspace_id = %s",
        desk.workspace,
    )
    await replicas.lives.generate(desk)
    async with asyncio.timeout(30):
        while (row := reports_of(desk)[0])[1] != "failed":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert row[2] == 4
    [(kind, data)] = desk.events()
    assert kind == "report.failed"
    assert (data["state"], data["reason"]) == ("REPORT_STATE_FAILED", "NOTHING_TOLD")


SAID = pb.CreateDefinitionRequest(
    definition={
        "title": "Daily",
        "sections": [1],
        "period": 1,
        "formats": [4],
        "schedule": DAILY,
    }
).definition
