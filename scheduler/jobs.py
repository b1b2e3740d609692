"""What is done when, and by which RPC. This table is all that the scheduler knows of the world."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
from shadower.aggregates.v1.aggregates_service_pb2 import RollUpRequest
from shadower.aggregates.v1.aggregates_service_pb2_grpc import AggregatesServiceStub
from shadower.aggregates.v1.rollup_pb2 import (
    ROLLUP_LEVEL_DAY,
    ROLLUP_LEVEL_HOUR,
    ROLLUP_LEVEL_WEEK,
    RollupLevel,
)
from shadower.alerts.v1.alerts_service_pb2 import EvaluateRulesRequest
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub
from shadower.reports.v1.reports_service_pb2 import (
    CleanUpReportsRequest,
    GenerateDueReportsRequest,
)
from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceStub
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest
from shadower.workspaces.v1.workspaces_service_pb2_grpc import WorkspacesServiceStub

MOST_EVALUATIONS = 20
Options = Mapping[str, Any]
Ask = Callable[[grpc.aio.Channel, str, Options], AsyncIterator[Any]]
"""Calls an RPC for a workspace, and gives what it answers."""


@dataclass(frozen=True)
class Job:
    """One RPC at times: for each workspace that there is, or for all of them together."""

    name: str
    description: str
    schedule: str
    """In UTC; see scheduler/times.py."""
    permission: str
    """What the token of its calls permits."""
    deadline: timedelta
    """Of a call."""
    ask: Ask
    is_for_all: bool = False
    """Whether it is called once, for "shadower-system"."""


def _roll_up(level: "RollupLevel.ValueType") -> Ask:
    async def ask(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
        request = RollUpRequest(workspace_id=workspace_id, level=level)
        stub: Any = AggregatesServiceStub(channel)
        async for progress in stub.RollUp(request, **options):
            yield progress

    return ask


async def _summarise(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
    stub: Any = WorkspacesServiceStub(channel)
    yield await stub.GetWorkspaceSummary(
        GetWorkspaceSummaryRequest(workspace_id=workspace_id), **options
    )


async def _evaluate(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
    """As long as rules are due; those of which some are due after that, are at the next time."""
    stub: Any = AlertsServiceStub(channel)
    for _ in range(MOST_EVALUATIONS):
        answer = await stub.EvaluateRules(
            EvaluateRulesRequest(workspace_id=workspace_id), **options
        )
        yield answer
        if not answer.remaining:
            return


async def _report(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
    """As long as reports are due, or wait to be made."""
    stub: Any = ReportsServiceStub(channel)
    for _ in range(MOST_EVALUATIONS):
        answer = await stub.GenerateDueReports(
            GenerateDueReportsRequest(workspace_id=workspace_id), **options
        )
        yield answer
        if not answer.remaining:
            return


async def _clean_up_reports(channel: grpc.aio.Channel, workspace_id: str, options: Options) -> Any:
    stub: Any = ReportsServiceStub(channel)
    for _ in range(MOST_EVALUATIONS):
        answer = await stub.CleanUpReports(
            CleanUpReportsRequest(workspace_id=workspace_id), **options
        )
        yield answer
        if not answer.remaining:
            return


def _rolling_up(name: str, what: str, schedule: str, level: "RollupLevel.ValueType") -> Job:
    said = f"Rolls up {what} whose facts have changed, in every workspace."
    return Job(name, said, schedule, "rollups:write", timedelta(minutes=10), _roll_up(level))


JOBS: Mapping[str, Job] = {
    job.name: job
    for job in (
        _rolling_up("roll_up_hours", "hours", "5 * * * *", ROLLUP_LEVEL_HOUR),
        _rolling_up("roll_up_days", "days", "0 1 * * *", ROLLUP_LEVEL_DAY),
        _rolling_up("roll_up_weeks", "weeks", "0 2 * * mon", ROLLUP_LEVEL_WEEK),
        Job(
            "refresh_summaries",
            "Asks for the summary of every workspace, so that its answer is remembered.",
            "*/15 * * * *",
            "workspaces:read",
            timedelta(seconds=30),
            _summarise,
        ),
        Job(
            "evaluate_alerts",
            "Has rules of alerts judged that are due, in all workspaces.",
            "* * * * *",
            "alert_evaluations:write",
            timedelta(seconds=30),
            _evaluate,
            is_for_all=True,
        ),
        Job(
            "generate_reports",
            "Has reports made that are due, in all workspaces.",
            "*/5 * * * *",
            "report_runs:write",
            timedelta(seconds=60),
            _report,
            is_for_all=True,
        ),
        Job(
            "clean_up_reports",
            "Has reports deleted that have expired, in all workspaces.",
            "0 4 * * *",
            "report_runs:write",
            timedelta(seconds=60),
            _clean_up_reports,
            is_for_all=True,
        ),
    )
}
"""By name."""
