"""What is done when, and by which RPC. This table is all that the scheduler knows of the world."""

from collections.abc import Mapping
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from shadower.aggregates.v1 import rollup_pb2 as rollups
from shadower.aggregates.v1.aggregates_service_pb2 import RollUpRequest
from shadower.aggregates.v1.aggregates_service_pb2_grpc import AggregatesServiceStub
from shadower.alerts.v1.alerts_service_pb2 import EvaluateRulesRequest
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub
from shadower.reports.v1 import reports_service_pb2 as reports
from shadower.reports.v1.reports_service_pb2_grpc import ReportsServiceStub
from shadower.upkeep.v1 import retention_pb2 as retention
from shadower.upkeep.v1.erasure_service_pb2 import RunErasuresRequest
from shadower.upkeep.v1.erasure_service_pb2_grpc import ErasureServiceStub
from shadower.upkeep.v1.health_service_pb2 import CheckServicesRequest
from shadower.upkeep.v1.health_service_pb2_grpc import HealthServiceStub
from shadower.upkeep.v1.retention_service_pb2 import ApplyRetentionRequest
from shadower.upkeep.v1.retention_service_pb2_grpc import RetentionServiceStub
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest
from shadower.workspaces.v1.workspaces_service_pb2_grpc import WorkspacesServiceStub

from scheduler.asking import once, to_the_end, while_some_remain
from scheduler.job import Ask, Job

CALLED = (
    "shadower.aggregates.v1.AggregatesService",
    "shadower.alerts.v1.AlertsService",
    "shadower.reports.v1.ReportsService",
    "shadower.upkeep.v1.ErasureService",
    "shadower.upkeep.v1.HealthService",
    "shadower.upkeep.v1.RetentionService",
    "shadower.workspaces.v1.WorkspacesService",
)
"""Services whose RPCs stand below."""
RETAINING = Duration(seconds=240)
"""Of a call, which then tells whether some remain."""


def _roll_up(level: "rollups.RollupLevel.ValueType") -> Ask:
    return to_the_end(AggregatesServiceStub, "RollUp", RollUpRequest(level=level))


def _retain(*scopes: "retention.RetentionScope.ValueType") -> Ask:
    request = ApplyRetentionRequest(scopes=scopes, max_duration=RETAINING)
    return while_some_remain(RetentionServiceStub, "ApplyRetention", request)


OF_EACH_WORKSPACE = (
    Job(
        "roll_up_hours",
        "Rolls up hours whose facts have changed, in every workspace.",
        "5 * * * *",
        "rollups:write",
        timedelta(minutes=10),
        _roll_up(rollups.ROLLUP_LEVEL_HOUR),
    ),
    Job(
        "roll_up_days",
        "Rolls up days whose facts have changed, in every workspace.",
        "0 1 * * *",
        "rollups:write",
        timedelta(minutes=10),
        _roll_up(rollups.ROLLUP_LEVEL_DAY),
    ),
    Job(
        "roll_up_weeks",
        "Rolls up weeks whose facts have changed, in every workspace.",
        "0 2 * * mon",
        "rollups:write",
        timedelta(minutes=10),
        _roll_up(rollups.ROLLUP_LEVEL_WEEK),
    ),
    Job(
        "refresh_summaries",
        "Asks for the summary of every workspace, so that its answer is remembered.",
        "*/15 * * * *",
        "workspaces:read",
        timedelta(seconds=30),
        once(WorkspacesServiceStub, "GetWorkspaceSummary", GetWorkspaceSummaryRequest()),
    ),
)

OF_ALL_TOGETHER = (
    Job(
        "evaluate_alerts",
        "Has rules of alerts judged that are due, in all workspaces.",
        "* * * * *",
        "alert_evaluations:write",
        timedelta(seconds=30),
        while_some_remain(AlertsServiceStub, "EvaluateRules", EvaluateRulesRequest()),
        is_for_all=True,
    ),
    Job(
        "generate_reports",
        "Has reports made that are due, in all workspaces.",
        "*/5 * * * *",
        "report_runs:write",
        timedelta(seconds=60),
        while_some_remain(
            ReportsServiceStub, "GenerateDueReports", reports.GenerateDueReportsRequest()
        ),
        is_for_all=True,
    ),
    Job(
        "clean_up_reports",
        "Has reports deleted that have expired, in all workspaces.",
        "0 4 * * *",
        "report_runs:write",
        timedelta(minutes=5),
        while_some_remain(ReportsServiceStub, "CleanUpReports", reports.CleanUpReportsRequest()),
        is_for_all=True,
    ),
    Job(
        "apply_retention",
        "Removes facts, rollups and records that are older than workspaces keep them.",
        "0 3 * * *",
        "retention_runs:write",
        timedelta(minutes=5),
        _retain(retention.RETENTION_SCOPE_FACTS, retention.RETENTION_SCOPE_RECORDS),
        is_for_all=True,
    ),
    Job(
        "clean_alert_history",
        "Removes alerts that are over and older than workspaces keep them.",
        "30 4 * * *",
        "retention_runs:write",
        timedelta(minutes=5),
        _retain(retention.RETENTION_SCOPE_ALERT_HISTORY),
        is_for_all=True,
    ),
    Job(
        "run_erasures",
        "Goes on with erasures that are not done, in all workspaces.",
        "* * * * *",
        "erasure_runs:write",
        timedelta(minutes=5),
        once(ErasureServiceStub, "RunErasures", RunErasuresRequest()),
        is_for_all=True,
    ),
    Job(
        "check_services",
        "Looks whether each service serves, and keeps what it finds.",
        "*/5 * * * *",
        "health_checks:write",
        timedelta(seconds=30),
        once(HealthServiceStub, "CheckServices", CheckServicesRequest()),
        is_for_all=True,
    ),
)

JOBS: Mapping[str, Job] = {job.name: job for job in (*OF_EACH_WORKSPACE, *OF_ALL_TOGETHER)}
"""By name."""
