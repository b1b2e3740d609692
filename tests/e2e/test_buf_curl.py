"""A developer's `buf curl` against a service's own port, by reflection."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.support.alerts import ALERT, RULE_ID, SOME_RULE, file_alert
from tests.support.dead_letters import LETTER, file_letter
from tests.support.keys import KeyRing
from tests.support.notifications import (
    DELIVERY,
    SOME_TARGET,
    TARGET_ID,
    file_delivery,
    file_target,
)
from tests.support.reports import (
    LINK_ID,
    REPORT_ID,
    SECRET,
    SOME_DEFINITION,
    file_report,
    keep_file,
)
from tests.support.reports import PERMISSIONS as OF_REPORTS
from tests.support.stack import SERVICES, Environment, Stack, ready, start, stop

PERMISSIONS = ["limits:write", "alert_evaluations:write", "retention_runs:write", *OF_REPORTS]
BUF = Path(sys.executable).parent / "buf"
NOW = "2026-01-01T00:00:00Z"
RUN = {
    "executionId": "curl-1",
    "agentId": "curl",
    "status": "EXECUTION_STATUS_RUNNING",
    "startTime": NOW,
}
EXPORTS = {"limitClass": "LIMIT_CLASS_EXPORTS", "scope": "LIMIT_SCOPE_USER"}
QUIET = {"silenceId": "quiet", "startTime": NOW, "endTime": "2026-01-02T00:00:00Z"}
EXECUTIONS = {"kind": "QUOTA_KIND_EXECUTIONS"}
CALLS: dict[str, dict[str, dict[str, Any]]] = {
    "ingest": {
        "RecordExecutions": {"executions": [RUN]},
        "RecordMetricPoints": {"metricPoints": [{"metricType": "m", "timestamp": NOW}]},
        "RecordEvents": {"events": [{"type": "EVENT_TYPE_SYSTEM_INFO", "timestamp": NOW}]},
        "StreamRecords": {"executions": [RUN]},
        "Reconcile": {"recount": True},
    },
    "metrics": {
        "GetMetrics": {"metrics": ["executions"]},
        "StreamMetrics": {
            "metrics": ["executions"],
            "interval": {"startTime": NOW, "endTime": "2026-01-02T00:00:00Z"},
        },
        "ListMetrics": {},
    },
    "aggregates": {
        "CalculateAggregates": {
            "aggregations": [{"field": "FIELD_EXECUTION", "function": "FUNCTION_COUNT"}]
        },
        "RollUp": {},
        "VerifyRollups": {},
        "ListRollups": {},
    },
    "workspaces": {"GetWorkspaceSummary": {}},
    "agents": {"ListAgents": {}, "GetAgentPerformance": {"agentId": "curl"}},
    "relay": {
        "ListDeadLetters": {},
        "GetDeadLetter": {"deadLetterId": LETTER},
        "ReplayDeadLetters": {"deadLetterIds": [LETTER]},
        "DropDeadLetters": {"deadLetterIds": [LETTER], "reason": "of no use"},
    },
    "alerts": {
        "CreateRule": {"ruleId": RULE_ID, "rule": MessageToDict(SOME_RULE)},
        "GetRule": {"ruleId": RULE_ID},
        "ListRules": {},
        "UpdateRule": {"ruleId": RULE_ID, "rule": MessageToDict(SOME_RULE), "etag": "1"},
        "DeleteRule": {"ruleId": RULE_ID},
        "PreviewRule": {"rule": MessageToDict(SOME_RULE)},
        "EvaluateRules": {},
        "ListAlerts": {},
        "GetAlert": {"alertId": ALERT},
        "AcknowledgeAlert": {"alertId": ALERT},
        "ResolveAlert": {"alertId": ALERT},
        "CreateSilence": QUIET,
        "ListSilences": {},
        "DeleteSilence": {"silenceId": "quiet"},
    },
    "notifications": {
        "CreateTarget": {"targetId": "new", "target": SOME_TARGET},
        "GetTarget": {"targetId": "new"},
        "ListTargets": {},
        "UpdateTarget": {"targetId": "new", "target": SOME_TARGET, "etag": "1"},
        "RotateSecret": {"targetId": "new"},
        "TestTarget": {"targetId": "new"},
        "ListDeliveries": {},
        "GetDelivery": {"deliveryId": DELIVERY},
        "RetryDelivery": {"deliveryId": DELIVERY},
        "RecoverTarget": {"targetId": TARGET_ID},
        "DeleteTarget": {"targetId": TARGET_ID},
    },
    "reports": {
        "CreateDefinition": {"definitionId": "d", "definition": MessageToDict(SOME_DEFINITION)},
        "GetDefinition": {"definitionId": "d"},
        "ListDefinitions": {},
        "UpdateDefinition": {
            "definitionId": "d",
            "definition": MessageToDict(SOME_DEFINITION),
            "etag": "1",
        },
        "DeleteDefinition": {"definitionId": "d"},
        "PreviewSchedule": {
            "schedule": {"frequency": "REPORT_FREQUENCY_DAILY", "localTime": "07:30"}
        },
        "GenerateReport": {"reportId": "r", "definition": MessageToDict(SOME_DEFINITION)},
        "GetReport": {"reportId": REPORT_ID},
        "ListReports": {},
        "CancelReport": {"reportId": REPORT_ID},
        "DownloadReport": {"reportId": REPORT_ID},
        "CreateReportLink": {"reportId": REPORT_ID},
        "ListReportLinks": {"reportId": REPORT_ID},
        "OpenReportLink": {"linkId": LINK_ID, "secret": SECRET},
        "RevokeReportLink": {"linkId": LINK_ID},
        "GenerateDueReports": {},
        "CleanUpReports": {},
        "DeleteReport": {"reportId": REPORT_ID},
        "EraseReports": {},
    },
    "upkeep": {
        "GetRetention": {},
        "UpdateRetention": {"policy": {"eventsDays": 30}, "etag": "0"},
        "ApplyRetention": {},
    },
    "limits": {
        "ListLimits": {},
        "UpdateLimit": {**EXPORTS, "amount": 6, "period": "3600s"},
        "DeleteLimit": EXPORTS,
        "UpdateQuota": {**EXECUTIONS, "amount": 6},
        "DeleteQuota": EXECUTIONS,
        "GetUsage": {},
    },
}


async def buf_curl(address: str, path: str, *options: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        str(BUF),
        *("curl", "--protocol", "grpc", "--http2-prior-knowledge", *options),
        f"http://{address}{path}",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, out.decode(), error.decode()


@pytest.mark.parametrize("name", CALLS)
async def test_it_lists_and_calls_every_rpc(
    stack: Stack, keys: KeyRing, workspace: str, name: str
) -> None:
    address = stack.running[name].address
    code, listed, error = await buf_curl(address, "", "--list-methods")
    assert code == 0, error
    methods = {line.strip() for line in listed.splitlines() if line.startswith(SERVICES[name])}
    assert methods == {f"{SERVICES[name]}/{rpc}" for rpc in CALLS[name]}
    token = keys.token(workspace, permissions=PERMISSIONS)
    bearer = f"authorization: Bearer {token}"
    if name == "agents":
        await _record(stack, bearer, workspace)
    if name == "alerts":
        file_alert(stack.database_url, workspace, ALERT)
    if name == "notifications":
        file_target(stack.database_url, workspace)
        file_delivery(stack.database_url, workspace)
    if name == "reports":
        file_report(stack.database_url, workspace)
        keep_file(stack, workspace)
    if name == "relay":
        file_letter(stack.database_url, workspace)
    for rpc, content in CALLS[name].items():
        data = json.dumps({"workspaceId": workspace} | content)
        code, _, error = await buf_curl(
            address, f"/{SERVICES[name]}/{rpc}", "-H", bearer, "-d", data
        )
        assert code == 0, error


async def _record(stack: Stack, bearer: str, workspace: str) -> None:
    path = f"/{SERVICES['ingest']}/RecordExecutions"
    data = json.dumps({"workspaceId": workspace, "executions": [RUN]})
    code, _, error = await buf_curl(stack.running["ingest"].address, path, "-H", bearer, "-d", data)
    assert code == 0, error


async def test_production_has_no_reflection(stack: Stack, jwks_file: Path, tmp_path: Path) -> None:
    production = (("SHADOWER_ENVIRONMENT", "production"), ("SHADOWER_PLAINTEXT", "true"))
    service = start("agents", Environment(stack.database_url, jwks_file, tmp_path, production))
    try:
        await ready(service)
        code, listed, error = await buf_curl(service.address, "", "--list-methods")
        assert (code != 0, listed) == (True, "")
        assert "unimplemented" in error
    finally:
        stop(service)
