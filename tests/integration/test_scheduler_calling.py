"""What the scheduler calls, and with whose token, before servers that note it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from shadower.aggregates.v1.aggregates_service_pb2 import RollUpRequest, RollUpResponse
from shadower.aggregates.v1.aggregates_service_pb2_grpc import (
    AggregatesServiceServicer,
    add_AggregatesServiceServicer_to_server,
)
from shadower.aggregates.v1.rollup_pb2 import ROLLUP_LEVEL_DAY
from shadower.alerts.v1.alerts_service_pb2 import EvaluateRulesResponse
from shadower.alerts.v1.alerts_service_pb2_grpc import (
    AlertsServiceServicer,
    add_AlertsServiceServicer_to_server,
)
from shadower.reports.v1.reports_service_pb2 import (
    CleanUpReportsResponse,
    GenerateDueReportsResponse,
)
from shadower.reports.v1.reports_service_pb2_grpc import (
    ReportsServiceServicer,
    add_ReportsServiceServicer_to_server,
)

from scheduler.asking import MOST_CALLS
from scheduler.calling import AT_ONCE, Caller, JobError
from scheduler.jobs import JOBS, RETAINING
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.contract import method_contract
from services.runtime.mesh_tokens import mesh_tokens_of
from services.upkeep.reports import SECONDS
from services.warehouse.schedule.runs import Run
from tests.support.bus import settings_of
from tests.support.ports import free_port

PLANNED = datetime(2026, 11, 27, 1, tzinfo=UTC)


@dataclass
class Services(AlertsServiceServicer, AggregatesServiceServicer, ReportsServiceServicer):
    """Note what is asked of them."""

    remaining: list[int] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    seen: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def EvaluateRules(self, request: Any, context: Any) -> Any:
        self.seen.append((request, dict(context.invocation_metadata())))
        return EvaluateRulesResponse(remaining=self.remaining.pop(0) if self.remaining else 1)

    async def GenerateDueReports(self, request: Any, context: Any) -> Any:
        self.seen.append((request, dict(context.invocation_metadata())))
        return GenerateDueReportsResponse(remaining=self.remaining.pop(0))

    async def CleanUpReports(self, request: Any, context: Any) -> Any:
        self.seen.append((request, dict(context.invocation_metadata())))
        return CleanUpReportsResponse(remaining=self.remaining.pop(0))

    async def RollUp(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.seen.append((request, dict(context.invocation_metadata())))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        yield RollUpResponse()
        self.at_once -= 1
        if request.workspace_id in self.broken:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")

    @property
    def asked(self) -> list[str]:
        return [request.workspace_id for request, _ in self.seen]


@dataclass
class Fifty:
    """Workspaces, in two pages."""

    async def pages(self) -> AsyncIterator[list[str]]:
        yield [f"w-{number}" for number in range(30)]
        yield [f"w-{number}" for number in range(30, 50)]


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
async def caller(services: Services, jwks_file: Path) -> AsyncIterator[Caller]:
    async with _serving(services) as channel:
        told = settings_of("postgresql://", mesh_key_file=jwks_file.with_name("mesh-key.json"))
        yield Caller(channel, mesh_tokens_of(told), Fifty())


@asynccontextmanager
async def _serving(services: Services) -> AsyncIterator[grpc.aio.Channel]:
    server, address = grpc.aio.server(), f"127.0.0.1:{free_port()}"
    add_AlertsServiceServicer_to_server(services, server)
    add_AggregatesServiceServicer_to_server(services, server)
    add_ReportsServiceServicer_to_server(services, server)
    server.add_insecure_port(address)
    await server.start()
    async with grpc.aio.insecure_channel(address) as channel:
        yield channel
    await server.stop(None)


def claims(metadata: dict[str, Any]) -> dict[str, Any]:
    token = metadata["authorization"].removeprefix("Bearer ")
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


async def test_each_workspace_is_called_for_with_a_token_for_it_alone(
    services: Services, caller: Caller
) -> None:
    job = JOBS["roll_up_days"]
    await caller.do(job, Run(job.name, PLANNED))
    assert sorted(services.asked) == sorted(f"w-{number}" for number in range(50))
    assert services.most_at_once <= AT_ONCE
    for request, metadata in services.seen:
        assert request == RollUpRequest(workspace_id=request.workspace_id, level=ROLLUP_LEVEL_DAY)
        told = claims(metadata)
        assert told["workspace_ids"] == [request.workspace_id]
        assert (told["sub"], told["permissions"]) == ("scheduler", ["rollups:write"])
        assert metadata["x-shadower-idempotency-key"] == (
            f"roll_up_days/2026-11-27T01:00:00+00:00/{request.workspace_id}"
        )


async def test_those_that_failed_are_named_and_the_others_are_done(
    services: Services, caller: Caller
) -> None:
    services.broken = {"w-3", "w-40"}
    job = JOBS["roll_up_days"]
    with pytest.raises(JobError, match="2 workspaces failed: w-3: UNAVAILABLE away; w-40") as told:
        await caller.do(job, Run(job.name, PLANNED))
    assert told.value.workspaces == ["w-3", "w-40"]
    assert len(set(services.asked)) == 50
    services.seen.clear()
    services.broken = set()
    await caller.do(job, Run(job.name, PLANNED), told.value.workspaces)
    assert services.asked == ["w-3", "w-40"]


async def test_alerts_are_evaluated_for_all_while_rules_are_due(
    services: Services, caller: Caller
) -> None:
    services.remaining = [7, 2, 0]
    job = JOBS["evaluate_alerts"]
    assert not await caller.do(job, Run(job.name, PLANNED))
    assert services.asked == [SYSTEM_WORKSPACE] * 3
    assert claims(services.seen[0][1])["permissions"] == ["alert_evaluations:write"]
    services.seen.clear()
    left = await caller.do(job, Run(job.name, PLANNED))
    assert left == f"some remain in {SYSTEM_WORKSPACE}"
    assert len(services.asked) == MOST_CALLS


LONG = {"clean_up_reports", "clean_alert_history", "apply_retention", "run_erasures"}


def test_jobs_that_take_minutes_call_what_may() -> None:
    may = {rpc: method_contract(f"/shadower.{rpc}").longest_seconds for rpc in MAY}  # type: ignore[union-attr]
    assert set(may.values()) == {300}
    assert {name for name, job in JOBS.items() if job.deadline == timedelta(minutes=5)} == LONG
    assert RETAINING.seconds < min(may.values())
    assert min(may.values()) > SECONDS


MAY = (
    "upkeep.v1.RetentionService/ApplyRetention",
    "upkeep.v1.ErasureService/RunErasures",
    "reports.v1.ReportsService/CleanUpReports",
    "reports.v1.ReportsService/EraseReports",
)


@pytest.mark.parametrize("name", ["generate_reports", "clean_up_reports"])
async def test_reports_are_seen_to_for_all_while_there_are_any(
    services: Services, caller: Caller, name: str
) -> None:
    services.remaining = [3, 0]
    job = JOBS[name]
    await caller.do(job, Run(job.name, PLANNED))
    assert services.asked == [SYSTEM_WORKSPACE] * 2
    assert claims(services.seen[0][1])["permissions"] == ["report_runs:write"]
