"""Who may call what: a table written by hand, so that no change of the contract passes unseen."""

from typing import Any

import grpc
import psycopg
import pytest
from google.protobuf.message import Message
from shadower.aggregates.v1.aggregation_pb2 import Aggregation
from shadower.common.v1.permission_pb2 import PERMISSION_API_KEYS_WRITE, Role
from shadower.ingest.v1.event_pb2 import Event
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from tests.support.alerts import ALERT, RULE_ID, SOME_RULE
from tests.support.contract import MODULES, services
from tests.support.dead_letters import LETTER, file_letter
from tests.support.errors import Refusal, refusal, refused
from tests.support.keys import KeyRing
from tests.support.notifications import DELIVERY, SOME_TARGET, TARGET_ID
from tests.support.reports import DAILY, DEFINITION_ID, LINK_ID, REPORT_ID, SECRET, SOME_DEFINITION
from tests.support.stack import EVERYWHERE, SERVED_WITH, SERVICES, Stack, Stubs

DENIED = grpc.StatusCode.PERMISSION_DENIED
RUN = Execution(execution_id="run", agent_id="a", status=2, start_time={"seconds": 1_700_000_000})
POINT = MetricPoint(metric_type="depth", value=1, timestamp=RUN.start_time)
EVENT = Event(type=6, timestamp=RUN.start_time)
COST = [Aggregation(function=2, field=1)]

READ, SUMMARY, AGENTS, CALCULATE, WRITE = (
    "metrics:read",
    "workspaces:read",
    "agents:read",
    "aggregates:read",
    "ingest:write",
)
PRICES, REPRICE = "prices:read", "prices:write"
EMPTY_EXPORT = {"body": {"content_type": "application/x-protobuf"}}
DAY = {"start_time": {"seconds": 1_700_000_000}, "end_time": {"seconds": 1_700_086_400}}
QUIET = {"silence_id": "quiet", **DAY}
LEDGER = "ledger:read"
CACHE, INVALIDATE = "cache:read", "cache:write"
LETTERS, REPLAY = "dead_letters:read", "dead_letters:write"
ROLLUPS, ROLL_UP = "rollups:read", "rollups:write"
LIMITS, LIMIT = "limits:read", "limits:write"
EXPORTS = {"limit_class": 4, "scope": 1}
ALERTS, RULES = "alerts:read", "alerts:write"
HANDLE, EVALUATE = "alert_states:write", "alert_evaluations:write"
NOTICES, TARGETS, DELIVER = (
    "notifications:read",
    "notifications:write",
    "notification_deliveries:write",
)
A_TARGET = {"target_id": TARGET_ID}
A_DELIVERY = {"delivery_id": DELIVERY}
RETENTION, RETAIN, APPLY = "retention:read", "retention:write", "retention_runs:write"
ERASURES, ERASE, RUN_ERASURES = "erasures:read", "erasures:write", "erasure_runs:write"
HEALTH, LOOK = "health:read", "health_checks:write"
# Of nobody's key; and of those who may make keys, for nothing else.
NO_KEY = "0" * 24
OWN_PERMISSION = {"permissions": [PERMISSION_API_KEYS_WRITE]}
KEYS, MAKE_KEYS = "api_keys:read", "api_keys:write"
TAKE_OUT = "exports:read"
REPORTS, REPORT = "reports:read", "reports:write"
MAKE_REPORTS, ERASE_REPORTS = "report_runs:write", "report_erasures:write"
A_REPORT = {"report_id": REPORT_ID}
A_DEFINITION = {"definition_id": DEFINITION_ID}
SAYING = A_DEFINITION | {"definition": SOME_DEFINITION}
REVOKE, AUDIT = "tokens:write", "audit:read"
JOBS, SET_JOBS = "jobs:read", "jobs:write"
A_JOB = {"job_name": "roll_up_hours"}
# RPC: the permission that it needs, and a request.
RPCS: dict[str, tuple[str, dict[str, Any]]] = {
    "ingest.RecordExecutions": (WRITE, {"executions": [RUN]}),
    "ingest.RecordMetricPoints": (WRITE, {"metric_points": [POINT]}),
    "ingest.RecordEvents": (WRITE, {"events": [EVENT]}),
    "ingest.StreamRecords": (WRITE, {"executions": [RUN]}),
    "ingest.Reconcile": (LEDGER, {"recount": True}),
    "otlp.ExportTraces": (WRITE, EMPTY_EXPORT),
    "otlp.ExportMetrics": (WRITE, EMPTY_EXPORT),
    "pricing.GetPriceTable": (PRICES, {}),
    "pricing.RepriceModelCalls": (REPRICE, {"interval": DAY}),
    "metrics.GetMetrics": (READ, {"metrics": ["cost"]}),
    "metrics.StreamMetrics": (READ, {"metrics": ["cost"]}),
    "metrics.ListMetrics": (READ, {}),
    "workspaces.GetWorkspaceSummary": (SUMMARY, {}),
    "agents.ListAgents": (AGENTS, {}),
    "agents.GetAgentPerformance": (AGENTS, {"agent_id": "a"}),
    "aggregates.CalculateAggregates": (CALCULATE, {"aggregations": COST}),
    "aggregates.RollUp": (ROLL_UP, {"interval": DAY}),
    "aggregates.VerifyRollups": (ROLL_UP, {"interval": DAY}),
    "aggregates.ListRollups": (ROLLUPS, {}),
    "cache.GetCacheStatistics": (CACHE, {}),
    "cache.InvalidateAnswers": (INVALIDATE, {}),
    "statistics.GetStatistics": ("statistics:read", {}),
    "alerts.CreateRule": (RULES, {"rule_id": RULE_ID, "rule": SOME_RULE}),
    "alerts.GetRule": (ALERTS, {"rule_id": RULE_ID}),
    "alerts.ListRules": (ALERTS, {}),
    "alerts.UpdateRule": (RULES, {"rule_id": RULE_ID, "rule": SOME_RULE, "etag": "1"}),
    "alerts.DeleteRule": (RULES, {"rule_id": RULE_ID}),
    "alerts.PreviewRule": (CALCULATE, {"rule": SOME_RULE}),
    "alerts.EvaluateRules": (EVALUATE, {}),
    "alerts.ListAlerts": (ALERTS, {}),
    "alerts.GetAlert": (ALERTS, {"alert_id": ALERT}),
    "alerts.AcknowledgeAlert": (HANDLE, {"alert_id": ALERT}),
    "alerts.ResolveAlert": (HANDLE, {"alert_id": ALERT}),
    "alerts.CreateSilence": (HANDLE, QUIET),
    "alerts.ListSilences": (ALERTS, {}),
    "alerts.DeleteSilence": (HANDLE, {"silence_id": "quiet"}),
    "notifications.CreateTarget": (TARGETS, {**A_TARGET, "target": SOME_TARGET}),
    "notifications.GetTarget": (NOTICES, A_TARGET),
    "notifications.ListTargets": (NOTICES, {}),
    "notifications.UpdateTarget": (TARGETS, {**A_TARGET, "target": SOME_TARGET, "etag": "1"}),
    "notifications.RotateSecret": (TARGETS, A_TARGET),
    "notifications.TestTarget": (DELIVER, A_TARGET),
    "notifications.RecoverTarget": (DELIVER, A_TARGET),
    "notifications.ListDeliveries": (NOTICES, {}),
    "notifications.GetDelivery": (NOTICES, A_DELIVERY),
    "notifications.RetryDelivery": (DELIVER, A_DELIVERY),
    "notifications.DeleteTarget": (TARGETS, A_TARGET),
    "limits.ListLimits": (LIMITS, {}),
    "limits.GetUsage": (LIMITS, {}),
    "limits.UpdateLimit": (LIMIT, {**EXPORTS, "amount": 6, "period": {"seconds": 3600}}),
    "limits.DeleteLimit": (LIMIT, EXPORTS),
    "limits.UpdateQuota": (LIMIT, {"kind": 1, "amount": 6}),
    "limits.DeleteQuota": (LIMIT, {"kind": 1}),
    "access.RevokeToken": (REVOKE, {"token_id": "t"}),
    "access.ListRevokedTokens": (AUDIT, {}),
    "access.CreateApiKey": (MAKE_KEYS, {"display_name": "k"} | OWN_PERMISSION),
    "access.ListApiKeys": (KEYS, {}),
    "access.RotateApiKey": (MAKE_KEYS, {"api_key_id": NO_KEY}),
    "access.DeleteApiKey": (MAKE_KEYS, {"api_key_id": NO_KEY}),
    "access.ListAuditEntries": (AUDIT, {}),
    "access.ExportAuditEntries": (AUDIT, {}),
    "scheduler.ListJobs": (JOBS, {}),
    "scheduler.ListJobRuns": (JOBS, {}),
    "scheduler.RunJob": (SET_JOBS, A_JOB),
    "scheduler.PauseJob": (SET_JOBS, A_JOB),
    "scheduler.ResumeJob": (SET_JOBS, A_JOB),
    "scheduler.RescheduleJob": (SET_JOBS, A_JOB),
    "reports.CreateDefinition": (REPORT, SAYING),
    "reports.GetDefinition": (REPORTS, A_DEFINITION),
    "reports.ListDefinitions": (REPORTS, {}),
    "reports.UpdateDefinition": (REPORT, SAYING | {"etag": "1"}),
    "reports.DeleteDefinition": (REPORT, A_DEFINITION),
    "reports.PreviewSchedule": (REPORTS, {"schedule": DAILY}),
    "reports.GenerateReport": (REPORT, A_REPORT | {"definition_id": "none"}),
    "reports.GetReport": (REPORTS, A_REPORT),
    "reports.ListReports": (REPORTS, {}),
    "reports.CancelReport": (REPORT, A_REPORT),
    "reports.DeleteReport": (REPORT, A_REPORT),
    "reports.DownloadReport": (REPORTS, A_REPORT),
    "reports.CreateReportLink": (REPORT, A_REPORT),
    "reports.ListReportLinks": (REPORTS, A_REPORT),
    "reports.RevokeReportLink": (REPORT, {"link_id": LINK_ID}),
    "reports.OpenReportLink": (REPORTS, {"link_id": LINK_ID, "secret": SECRET}),
    "reports.GenerateDueReports": (MAKE_REPORTS, {}),
    "reports.CleanUpReports": (MAKE_REPORTS, {}),
    "reports.EraseReports": (ERASE_REPORTS, {"user_id": "nobody"}),
    "exports.ExportExecutions": (TAKE_OUT, {"interval": DAY, "format": 1}),
    "retention.GetRetention": (RETENTION, {}),
    "retention.UpdateRetention": (RETAIN, {"policy": {}, "etag": "0"}),
    "retention.ApplyRetention": (APPLY, {}),
    "erasure.EraseUser": (ERASE, {"user_id": "u", "confirm_user_id": "u"}),
    "erasure.EraseWorkspace": (ERASE, {"confirm_workspace_id": "w"}),
    "erasure.GetErasure": (ERASURES, {"erasure_id": LETTER}),
    "erasure.ListErasures": (ERASURES, {}),
    "erasure.RunErasures": (RUN_ERASURES, {}),
    "health.GetHealth": (HEALTH, {}),
    "health.ListChecks": (HEALTH, {"service": "postgresql"}),
    "health.CheckServices": (LOOK, {}),
    "bus.ListDeadLetters": (LETTERS, {}),
    "bus.GetDeadLetter": (LETTERS, {"dead_letter_id": LETTER}),
    "bus.ReplayDeadLetters": (REPLAY, {"dead_letter_ids": [LETTER]}),
    "bus.DropDeadLetters": (REPLAY, {"dead_letter_ids": [LETTER], "reason": "r"}),
}
# Streams that have nothing to tell if there is nothing to do.
MAY_BE_SILENT = {"aggregates.RollUp", "aggregates.VerifyRollups", "access.ExportAuditEntries"}
# They were allowed to look for what is not there.
FIND_NOTHING = {
    **dict.fromkeys(("access.RotateApiKey", "access.DeleteApiKey"), "API_KEY_NOT_FOUND"),
    **dict.fromkeys(("alerts.GetRule", "alerts.UpdateRule"), "ALERT_RULE_NOT_FOUND"),
    "erasure.GetErasure": "ERASURE_NOT_FOUND",
    "erasure.EraseWorkspace": "ERASURE_NOT_CONFIRMED",
    # Set by whoever was allowed first.
    "retention.UpdateRetention": "RETENTION_CHANGED",
    # Jobs are the system's.
    **{rpc: "JOB_NOT_FOUND" for rpc, (needed, _) in RPCS.items() if needed == SET_JOBS},
}
OF_DEFINITIONS = ("GetDefinition", "UpdateDefinition", "GenerateReport")
FIND_NOTHING |= dict.fromkeys(
    (f"reports.{name}" for name in OF_DEFINITIONS), "REPORT_DEFINITION_NOT_FOUND"
)
OF_REPORTS = (
    *("GetReport", "CancelReport", "DownloadReport"),
    *("CreateReportLink", "ListReportLinks"),
)
FIND_NOTHING |= dict.fromkeys((f"reports.{name}" for name in OF_REPORTS), "REPORT_NOT_FOUND")
# It asks for no token, and what its own secret leads to is judged elsewhere.
BY_SECRET = "reports.OpenReportLink"
OF_ALERTS = ("alerts.GetAlert", "alerts.AcknowledgeAlert", "alerts.ResolveAlert")
FIND_NOTHING |= dict.fromkeys(OF_ALERTS, "ALERT_NOT_FOUND")
OF_TARGETS = ("GetTarget", "UpdateTarget", "RotateSecret", "TestTarget", "RecoverTarget")
FIND_NOTHING |= {f"notifications.{rpc}": "TARGET_NOT_FOUND" for rpc in OF_TARGETS}
OF_DELIVERIES = ("notifications.GetDelivery", "notifications.RetryDelivery")
FIND_NOTHING |= dict.fromkeys(OF_DELIVERIES, "DELIVERY_NOT_FOUND")
FACTS = {READ, SUMMARY, AGENTS, CALCULATE, WRITE, PRICES, LEDGER, ALERTS, REPORTS}
OWNERS = FACTS | {LETTERS, REPLAY, REPRICE, ROLLUPS, ROLL_UP, LIMITS}
OWNERS |= {KEYS, MAKE_KEYS, REVOKE, AUDIT, RULES, HANDLE, NOTICES, TARGETS, DELIVER}
OWNERS |= {REPORT, TAKE_OUT}
OWNERS |= {RETENTION, ERASURES, HEALTH}
OF_OWNERS_ONLY = {RETAIN, ERASE}
EVERYTHING = OWNERS | OF_OWNERS_ONLY | {CACHE, INVALIDATE, LIMIT, JOBS, SET_JOBS, EVALUATE}
EVERYTHING |= {MAKE_REPORTS, ERASE_REPORTS, APPLY, RUN_ERASURES, LOOK}
ROLES: dict[str | None, set[str]] = {
    "owner": OWNERS | OF_OWNERS_ONLY,
    "admin": OWNERS,
    "service": FACTS,
    "analyst": {READ, SUMMARY, AGENTS, CALCULATE, PRICES, LEDGER, ROLLUPS, LIMITS}
    | {ALERTS, RULES, HANDLE, NOTICES, DELIVER, REPORTS, REPORT, TAKE_OUT},
    "member": {READ, SUMMARY, AGENTS, ALERTS, HANDLE, NOTICES, REPORTS},
    "viewer": {READ, SUMMARY, ALERTS},
    "unspecified": set(),
    "OWNER": set(),
    "stranger": set(),
    None: set(),
}


def request_of(rpc: str, workspace: str) -> Message:
    service, _, name = rpc.partition(".")
    make = getattr(MODULES[service], f"{name}Request")
    return make(workspace_id=workspace, **RPCS[rpc][1])


async def call(stubs: Stubs, rpc: str, workspace: str, metadata: Any) -> Any:
    """The answer, or the first message of it, if there is any."""
    service, _, name = rpc.partition(".")
    method, request = getattr(getattr(stubs, service), name), request_of(rpc, workspace)
    if isinstance(method, grpc.aio.UnaryUnaryMultiCallable):
        return await method(request, metadata=metadata)
    stream = method(iter([request]) if service == "ingest" else request, metadata=metadata)
    try:
        return await stream.read()
    finally:
        stream.cancel()


def is_permission_missing(found: Refusal, permission: str) -> None:
    assert (found.code, found.reason) == (DENIED, "PERMISSION_MISSING")
    assert found.metadata == {"permission": permission}


async def may(stubs: Stubs, rpc: str, workspace: str, metadata: Any) -> bool:
    try:
        answer = await call(stubs, rpc, workspace, metadata)
    except grpc.aio.AioRpcError as error:
        found = refusal(error)
        if found.reason == FIND_NOTHING.get(rpc):
            return True
        is_permission_missing(found, RPCS[rpc][0])
        return False
    assert isinstance(answer, Message) or (answer is grpc.aio.EOF and rpc in MAY_BE_SILENT)
    return True


async def allowed(stubs: Stubs, workspace: str, metadata: Any) -> set[str]:
    rpcs = RPCS.keys() - {BY_SECRET}
    return {rpc for rpc in rpcs if await may(stubs, rpc, workspace, metadata)}


def needing(permissions: set[str]) -> set[str]:
    rpcs = {rpc for rpc, (needed, _) in RPCS.items() if needed in permissions}
    return rpcs - {BY_SECRET}


@pytest.fixture
async def used_workspace(stack: Stack, keys: KeyRing, workspace: str) -> str:
    for rpc in needing({WRITE}):
        await call(stack.stubs, rpc, workspace, keys.metadata(workspace))
    file_letter(stack.database_url, workspace)
    return workspace


def test_the_tables_name_all_of_the_contract() -> None:
    by_module = {m: MODULES[m].DESCRIPTOR.services_by_name.values() for m in MODULES}
    methods = {
        f"{m}.{rpc.name}" for m, has in by_module.items() for one in has for rpc in one.methods
    }
    assert set(RPCS) == methods
    beside = {EVERYWHERE} | {
        name for names in SERVED_WITH.values() for name in names if "shadower" in name
    }
    named = {service.full_name for service in services()}
    assert named == {*SERVICES.values(), *beside}
    roles = {name.removeprefix("ROLE_").lower() for name in Role.keys()}  # noqa: SIM118
    assert roles == set(ROLES) - {"OWNER", "stranger", None}


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_call_what_the_table_says(
    stubs: Stubs, keys: KeyRing, used_workspace: str, role: Any
) -> None:
    metadata = keys.metadata(used_workspace, role=role)
    assert await allowed(stubs, used_workspace, metadata) == needing(ROLES[role])


@pytest.mark.parametrize("permission", [*sorted(EVERYTHING), "*", "metrics:write", "metrics"])
@pytest.mark.parametrize("role", [None, "viewer"])
async def test_permissions_add_to_a_role(
    stubs: Stubs, keys: KeyRing, used_workspace: str, permission: str, role: Any
) -> None:
    metadata = keys.metadata(used_workspace, role=role, permissions=[permission])
    assert await allowed(stubs, used_workspace, metadata) == needing({permission} | ROLES[role])


def stored(stack: Stack, workspace: str) -> int:
    tables = ("executions", "metric_points", "events", "workspaces")
    parts = (f"(select count(*) from shadower.{t} where workspace_id = %(w)s)" for t in tables)
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(f"select {'+'.join(parts)}", {"w": workspace}).fetchall()[0][0]


def is_denied(found: Refusal, workspace: str) -> None:
    assert (found.code, found.reason) == (DENIED, "WORKSPACE_DENIED")
    assert found.metadata == {"workspaceId": workspace}


@pytest.mark.parametrize("rpc", [rpc for rpc in RPCS if rpc != BY_SECRET])
@pytest.mark.parametrize("own", [(), ("mine", "mine-too")])
async def test_another_workspace_is_denied(
    stack: Stack, keys: KeyRing, workspace: str, rpc: str, own: tuple[str, ...]
) -> None:
    found = await refused(call(stack.stubs, rpc, workspace, keys.metadata(*own)))
    is_denied(found, workspace)
    assert stored(stack, workspace) == 0


@pytest.mark.parametrize("role", [None, "owner"])
async def test_who_comes_with_a_secret_needs_it_whatever_his_token_says(
    stubs: Stubs, keys: KeyRing, workspace: str, role: Any
) -> None:
    for metadata in ((), keys.metadata(workspace, role=role)):
        found = await refused(call(stubs, BY_SECRET, workspace, metadata))
        assert (found.code, found.reason) == (DENIED, "REPORT_LINK_INVALID")


@pytest.mark.parametrize("covered", [False, True])
async def test_a_stream_stays_in_its_first_workspace(
    stack: Stack, keys: KeyRing, workspace: str, covered: bool
) -> None:
    other = f"{workspace}-other"
    metadata = keys.metadata(workspace, *([other] if covered else []))
    sent = [request_of("ingest.StreamRecords", one) for one in (workspace, "", other)]
    stream = stack.stubs.ingest.StreamRecords(iter(sent), metadata=metadata)
    answers = [await stream.read(), await stream.read()]
    assert [(one.counts.stored, one.counts.duplicate) for one in answers] == [(1, 0), (0, 1)]
    is_denied(await refused(stream.read()), other)
    assert stored(stack, other) == 0


@pytest.mark.parametrize("own", [(), ("",)])
async def test_a_stream_begins_with_a_workspace(
    stack: Stack, keys: KeyRing, own: tuple[str, ...]
) -> None:
    sent = [request_of("ingest.StreamRecords", "")]
    stream = stack.stubs.ingest.StreamRecords(iter(sent), metadata=keys.metadata(*own))
    assert (await refused(stream.read())).reason in ("VALIDATION_FAILED", "WORKSPACE_DENIED")
    assert stored(stack, "") == 0
