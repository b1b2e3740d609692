"""Targets and deliveries of a tenant. Nothing is sent: targets are disabled, and lead nowhere."""

from typing import Any

import psycopg
from google.protobuf.json_format import ParseDict
from shadower.notifications.v1 import notifications_service_pb2 as pb

from tests.support.stack import Stack
from tests.tenancy.tenants import SIDES, START, Tenant

CHANGED_TARGET, ROTATED = "changed", "rotated"
RETRIED = "6a1d5a3c-0b0e-4c53-8f0a-0d1f7a2b9c03"
DELIVERY = """
    insert into shadower.notification_deliveries
        (workspace_id, delivery_id, target_id, event_id, event_type, event_at, data, subject,
         state, created_at, ended_at, error)
    values (%s, %s, %s, gen_random_uuid(), 'report.generated', %s, '{}', %s, 'failed', %s, %s, %s)
"""
ATTEMPT = """
    insert into shadower.notification_attempts
        (workspace_id, delivery_id, attempted_at, duration, status_code, error, response,
         is_delivered)
    values (%s, %s, %s, '1s', 500, %s, %s, false)
"""


def target(tenant: Tenant, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "name": tenant.named(f"target-{kind}"),
        "webhook": {"url": f"https://{tenant.word}.invalid/{tenant.number}"},
        "rule_ids": [tenant.rule],
        "labels": {"mark": tenant.word, "number": str(tenant.number)},
        "title_template": tenant.named("title"),
        "disabled": True,
        **more,
    }


async def keep_notifications(stack: Stack, metadata: Any, tenant: Tenant) -> None:
    """By RPCs what people make, by SQL what comes of it."""
    stub, workspace = stack.stubs.notifications, {"workspace_id": tenant.workspace}
    for target_id in (tenant.target, CHANGED_TARGET, ROTATED, *SIDES):
        said = {"target_id": target_id, "target": target(tenant, target_id[:8])}
        request = ParseDict(workspace | said, pb.CreateTargetRequest())
        made = await stub.CreateTarget(request, metadata=metadata)
        tenant.etags[f"target {target_id}"] = made.target.etag
        tenant.given.add(made.secret)
    filed = {tenant.delivery: CHANGED_TARGET, RETRIED: ROTATED}
    with psycopg.connect(stack.database_url) as connection:
        for delivery_id, target_id in filed.items():
            key, why = (tenant.workspace, delivery_id), tenant.named("why")
            report, said = tenant.named("report"), tenant.named("said")
            connection.execute(DELIVERY, [*key, target_id, START, report, START, START, why])
            connection.execute(ATTEMPT, [*key, START, why, said])
