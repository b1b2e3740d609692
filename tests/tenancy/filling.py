"""Rows of a tenant in every table, by the RPCs that write them where there is one."""

from typing import Any

import psycopg
from google.protobuf.json_format import ParseDict
from shadower.access.v1 import access_service_pb2 as access
from shadower.ingest.v1 import ingest_service_pb2 as ingest
from shadower.limits.v1 import limits_service_pb2 as limits

from tests.support.keys import KeyRing
from tests.support.rolling import roll, rolling_database
from tests.support.stack import Stack
from tests.tenancy.alerting import keep_alerts
from tests.tenancy.questions import measures, revoked, traces
from tests.tenancy.reporting import keep_reports
from tests.tenancy.tenants import (
    ASKED,
    DOOMED_KEYS,
    Tenant,
    budgets,
    events,
    executions,
    file_letters,
    points,
)


async def fill(stack: Stack, keys: KeyRing, tenant: Tenant) -> None:
    metadata = (("authorization", f"Bearer {tenant.token(keys)}"),)
    await _record(stack, metadata, tenant)
    await _administer(stack, metadata, tenant)
    await keep_alerts(stack, metadata, tenant)
    await keep_reports(stack, metadata, tenant)
    file_letters(stack.database_url, tenant)
    async with rolling_database(stack.database_url) as database:
        await roll(database, tenant.workspace, ASKED)


async def _record(stack: Stack, metadata: Any, tenant: Tenant) -> None:
    stub = stack.stubs.ingest
    sent = {
        stub.RecordExecutions: (ingest.RecordExecutionsRequest, "executions", executions),
        stub.RecordMetricPoints: (ingest.RecordMetricPointsRequest, "metric_points", points),
        stub.RecordEvents: (ingest.RecordEventsRequest, "events", events),
    }
    for rpc, (kind, name, items) in sent.items():
        content = {"workspace_id": tenant.workspace, name: items(tenant)}
        answer = await rpc(ParseDict(content, kind()), metadata=metadata)
        assert answer.counts.stored == len(content[name])
    await stack.stubs.otlp_traces.Export(traces(tenant), metadata=metadata)
    await stack.stubs.otlp_metrics.Export(measures(tenant), metadata=metadata)


async def _administer(stack: Stack, metadata: Any, tenant: Tenant) -> None:
    for budget in budgets(tenant):
        request = ParseDict(budget, limits.UpdateLimitRequest())
        await stack.stubs.limits.UpdateLimit(request, metadata=metadata)
    quota = limits.UpdateQuotaRequest(
        workspace_id=tenant.workspace, kind="QUOTA_KIND_EXECUTIONS", amount=tenant.number
    )
    await stack.stubs.limits.UpdateQuota(quota, metadata=metadata)
    token = {"workspace_id": tenant.workspace, **revoked(tenant, tenant)}
    revoking = ParseDict(token, access.RevokeTokenRequest())
    await stack.stubs.access.RevokeToken(revoking, metadata=metadata)
    made = [await _api_key(stack, metadata, tenant) for _ in range(DOOMED_KEYS + 1)]
    tenant.api_key, *tenant.doomed_keys = made


async def _api_key(stack: Stack, metadata: Any, tenant: Tenant) -> str:
    request = access.CreateApiKeyRequest(
        workspace_id=tenant.workspace, display_name=tenant.named("key")
    )
    answer = await stack.stubs.access.CreateApiKey(request, metadata=metadata)
    tenant.given.add(answer.secret)
    return str(answer.api_key.api_key_id)


def empty_tables(url: str, tenant: Tenant, tables: Any) -> list[str]:
    """Those in which the tenant has no row."""
    with psycopg.connect(url) as connection:
        connection.execute("set search_path to shadower")
        counted = {
            table: connection.execute(
                f"select count(*) from {table} where workspace_id = %s",
                [tenant.workspace],
            ).fetchone()
            for table in tables
        }
    return [table for table, found in counted.items() if found == (0,)]
