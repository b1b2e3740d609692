"""Definitions, reports and links of a tenant. Most have the ids that the other's have, too."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
from google.protobuf.json_format import ParseDict
from shadower.reports.v1 import reports_service_pb2 as pb

from tests.support.stack import Stack
from tests.tenancy.tenants import END, SIDES, START, Tenant, told

CHANGED_DEFINITION, UNWANTED = "changed", "unwanted"
PATIENCE = 60
WAITING = """
    insert into shadower.reports (workspace_id, report_id, definition, starts_at, ends_at,
        requested_by, may_name_users, next_at, expires_at)
    values (%s, %s, %s, %s, %s, %s, false, '2100-01-01', '2100-01-01')
"""


def definition(tenant: Tenant, kind: str) -> dict[str, Any]:
    """What it says of agents and of costs bears the tenant's marks."""
    return {
        "title": tenant.named(f"report-{kind}"),
        "sections": ["REPORT_SECTION_AGENTS", "REPORT_SECTION_COST"],
        "period": "REPORT_PERIOD_LAST_DAY",
        "formats": ["REPORT_FORMAT_JSON"],
        "recipients": [tenant.named("to")],
        "filter": {"agent_ids": [tenant.named("agent")]},
    }


async def keep_reports(stack: Stack, metadata: Any, tenant: Tenant) -> None:
    """One that is made for good, and those that are to be deleted, or not to be made."""
    stub = stack.stubs.reports
    for definition_id in (tenant.report, CHANGED_DEFINITION, *SIDES):
        said = {"definition_id": definition_id, "definition": definition(tenant, definition_id[:8])}
        made = await stub.CreateDefinition(
            _request(tenant, "CreateDefinition", said), metadata=metadata
        )
        tenant.etags[f"report {definition_id}"] = made.definition.etag
    for report_id in (tenant.report, *SIDES):
        await _make(stub, metadata, tenant, report_id)
    link = _request(tenant, "CreateReportLink", {"report_id": tenant.report})
    answer = await stub.CreateReportLink(link, metadata=metadata)
    [secret] = parse_qs(urlsplit(answer.url).query)["secret"]
    tenant.link = {"link_id": answer.link.link_id, "secret": secret}
    tenant.given.add(secret)
    _file_waiting(stack.database_url, tenant)


async def _make(stub: Any, metadata: Any, tenant: Tenant, report_id: str) -> None:
    asked = {
        "report_id": report_id,
        "definition": definition(tenant, "made"),
        "interval": {"start_time": told(START), "end_time": told(END)},
    }
    await stub.GenerateReport(_request(tenant, "GenerateReport", asked), metadata=metadata)
    getting = _request(tenant, "GetReport", {"report_id": report_id})
    async with asyncio.timeout(PATIENCE):
        while not (await stub.GetReport(getting, metadata=metadata)).report.files:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _request(tenant: Tenant, rpc: str, fields: dict[str, Any]) -> Any:
    content = {"workspace_id": tenant.workspace, **fields}
    return ParseDict(content, getattr(pb, f"{rpc}Request")())


def _file_waiting(url: str, tenant: Tenant) -> None:
    said = json.dumps(definition(tenant, "unwanted"))
    with psycopg.connect(url) as connection:
        who = tenant.named("who")
        connection.execute(WAITING, [tenant.workspace, UNWANTED, said, START, END, who])
