"""Rules, alerts and silences of a tenant. Most have the ids that the other's have, too."""

import json
from datetime import datetime, timedelta
from typing import Any

import psycopg
from google.protobuf.json_format import ParseDict
from shadower.alerts.v1 import alerts_service_pb2 as pb

from tests.support.stack import Stack
from tests.tenancy.tenants import END, SIDES, START, Tenant, told

CHANGED, JUDGED, RESTING = "changed", "judged", "resting"
TAKEN, OVER = "6a1d5a3c-0b0e-4c53-8f0a-0d1f7a2b9c01", "6a1d5a3c-0b0e-4c53-8f0a-0d1f7a2b9c02"
LONG_AGO = START - timedelta(days=2)
ALERT = """
    insert into shadower.alerts
        (workspace_id, alert_id, rule_id, rule_name, severity, group_key, group_labels, state,
         value, expected, pending_at, triggered_at, judged_at, held_at)
    values (%s, %s, %s, %s, 3, %s, %s, 'triggered', %s, %s, %s, %s, %s, %s)
"""
ENTRY = """
    insert into shadower.alert_transitions
        (workspace_id, alert_id, change, occurred_at, judged_at, value, subject, note)
    values (%s, %s, 'triggered', %s, %s, %s, %s, %s)
"""
DUE = """
    update shadower.alert_rules
    set judged_from = %s, judged_until = %s, due_at = %s, claimed_until = '-infinity'
    where workspace_id = %s and rule_id = %s
"""
JUDGED_UNTIL = """
    select judged_until from shadower.alert_rules where workspace_id = %s and rule_id = %s
"""
GROUPS = "select group_labels::text from shadower.alerts where workspace_id = %s and rule_id = %s"


def rule(tenant: Tenant, kind: str, **more: Any) -> dict[str, Any]:
    """More tokens than the tenant's number, of an agent: so it is while its runs begin."""
    return {
        "name": tenant.named(f"rule-{kind}"),
        "metric": "total_tokens",
        "group_by": ["DIMENSION_AGENT"],
        "threshold": {"comparator": "COMPARATOR_ABOVE", "threshold": tenant.number},
        "severity": "SEVERITY_CRITICAL",
        "labels": {"mark": tenant.word, "number": str(tenant.number)},
        "runbook_url": f"https://{tenant.word}.example/{tenant.number}",
        "escalation": [{"delay": "60s", "recipients": [tenant.named("recipient")]}],
        **more,
    }


def silence(tenant: Tenant, silence_id: str) -> dict[str, Any]:
    return {
        "silence_id": silence_id,
        "rule_ids": [CHANGED],
        "group": {"agent_id": tenant.named("agent"), "number": str(tenant.number)},
        "start_time": told(START),
        "end_time": told(END),
        "reason": tenant.named("reason"),
    }


async def keep_alerts(stack: Stack, metadata: Any, tenant: Tenant) -> None:
    """By RPCs what people make, by SQL what comes of it."""
    stub, workspace = stack.stubs.alerts, {"workspace_id": tenant.workspace}
    resting = (tenant.rule, CHANGED, RESTING, *SIDES)
    kinds = {JUDGED: False, **dict.fromkeys(resting, True)}
    for rule_id, is_disabled in kinds.items():
        said = {"rule_id": rule_id, "rule": rule(tenant, rule_id[:8], disabled=is_disabled)}
        request = ParseDict(workspace | said, pb.CreateRuleRequest())
        made = (await stub.CreateRule(request, metadata=metadata)).rule
        tenant.etags[rule_id] = made.etag
    for side in SIDES:
        request = ParseDict(workspace | silence(tenant, side), pb.CreateSilenceRequest())
        await stub.CreateSilence(request, metadata=metadata)
    make_due(stack.database_url, tenant)
    _file_alerts(stack.database_url, tenant)


def make_due(url: str, tenant: Tenant) -> None:
    """A rule that has not been judged about what is recorded."""
    with psycopg.connect(url) as connection:
        connection.execute(DUE, [START, START, START, tenant.workspace, JUDGED])


def _file_alerts(url: str, tenant: Tenant) -> None:
    """One that stays as it is, one to be acknowledged, and one to be resolved."""
    filed = {tenant.alert: RESTING, TAKEN: tenant.rule, OVER: tenant.rule}
    who, number = tenant.named("who"), tenant.number
    with psycopg.connect(url) as connection:
        for alert_id, rule_id in filed.items():
            key = (tenant.workspace, alert_id)
            said = (rule_id, tenant.named("found"), alert_id, json.dumps({"agent_id": who}))
            connection.execute(ALERT, [*key, *said, number, number, *[LONG_AGO] * 4])
            entry = (LONG_AGO, LONG_AGO, number, who, tenant.named("note"))
            connection.execute(ENTRY, [*key, *entry])


def judged_until(url: str, tenant: Tenant) -> datetime:
    with psycopg.connect(url) as connection:
        row = connection.execute(JUDGED_UNTIL, [tenant.workspace, JUDGED]).fetchone()
    assert row
    return row[0]


def groups_found(url: str, tenant: Tenant) -> list[str]:
    """Of alerts that came of the rule that is judged."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(GROUPS, [tenant.workspace, JUDGED])]


def sides_left(url: str, tenant: Tenant, table: str, column: str) -> list[str]:
    """Of what has an id of both, and is deleted by one."""
    query = f"select {column} from shadower.{table} where workspace_id = %s and {column} = any(%s)"
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(query, [tenant.workspace, list(SIDES)])]
