"""Definitions for tests, and reports that nobody had to wait for."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from shadower.reports.v1 import reports_service_pb2 as pb
from shadower.reports.v1.report_definition_pb2 import ReportDefinition
from shadower.reports.v1.report_pb2 import Report, ReportState

from tests.support.keys import KeyRing
from tests.support.runs import Client
from tests.support.stack import Stack

DEFINITION_ID, REPORT_ID, LINK_ID = "weekly", "march", "5f1d7a84db6a4e2e9c3b7f10"
SECRET = "a" * 43
PATIENCE = 60.0
HTML, PDF, CSV, JSON, XLSX, PARQUET = range(1, 7)
SUMMARY, AGENTS, USERS, COST, TRENDS, COMPARISON, ANOMALIES, ALERTS = range(1, 9)
DAILY = {"frequency": 1, "local_time": "07:30"}
OVER = {
    ReportState.REPORT_STATE_DONE,
    ReportState.REPORT_STATE_FAILED,
    ReportState.REPORT_STATE_CANCELLED,
}
PERMISSIONS = ["report_runs:write", "report_erasures:write"]


def definition(**said: Any) -> ReportDefinition:
    """Of yesterday's summary as JSON, unless something else is said."""
    usual = {"title": "Yesterday", "sections": [SUMMARY], "period": 1, "formats": [JSON]}
    return ReportDefinition(**(usual | said))


SOME_DEFINITION = definition()


def file_report(database_url: str, workspace: str, state: str = "done") -> None:
    """A definition, and a report with a link, as if they had been made."""
    said = json.dumps({"title": "March", "sections": [1], "period": 3, "formats": [4]})
    at = datetime(2026, 4, 2, tzinfo=UTC)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set search_path to shadower")
        connection.execute(
            "insert into report_definitions (workspace_id, definition_id, definition, updated_by)"
            " values (%s, %s, %s, 'a') on conflict do nothing",
            (workspace, DEFINITION_ID, said),
        )
        connection.execute(
            "insert into reports (workspace_id, report_id, definition, starts_at, ends_at,"
            " requested_by, may_name_users, state, next_at, ended_at, expires_at)"
            " values (%s, %s, %s, %s, %s, 'a', false, %s, null, %s, '2100-01-01')"
            " on conflict do nothing",
            (workspace, REPORT_ID, said, at, at + timedelta(days=1), state, at),
        )
        connection.execute(
            "insert into report_links (workspace_id, link_id, report_id, secret_hash, created_by,"
            " expires_at) values (%s, %s, %s, sha256(%s), 'a', '2100-01-01')"
            " on conflict do nothing",
            (workspace, LINK_ID, REPORT_ID, SECRET.encode()),
        )


def keep_file(stack: Stack, workspace: str) -> None:
    """What there is to download of that report."""
    key = f"reports/{workspace}/{REPORT_ID}/1.json"
    path = stack.running["reports"].log.parent / "objects" / key
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    said = {"format": "json", "key": key, "content_type": "application/json", "size": 2}
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.reports set files = %s where workspace_id = %s and report_id = %s",
            (json.dumps([said | {"sha256": ""}]), workspace, REPORT_ID),
        )


@dataclass(frozen=True)
class Desk:
    """The definitions and reports of one workspace."""

    stack: Stack
    keys: KeyRing
    client: Client

    @classmethod
    def of_new_workspace(cls, stack: Stack, keys: KeyRing) -> "Desk":
        return cls(stack, keys, Client.of_new_workspace(stack.stubs, keys))

    @property
    def workspace(self) -> str:
        return self.client.workspace

    @property
    def metadata(self) -> Any:
        return self.keys.metadata(self.workspace, permissions=PERMISSIONS)

    async def call(self, rpc: str, **fields: Any) -> Any:
        request = getattr(pb, f"{rpc}Request")(workspace_id=self.workspace, **fields)
        return await getattr(self.stack.stubs.reports, rpc)(request, metadata=self.metadata)

    async def define(self, definition_id: str = DEFINITION_ID, **said: Any) -> Any:
        asked = {"definition_id": definition_id, "definition": definition(**said)}
        return (await self.call("CreateDefinition", **asked)).definition

    async def ask(self, report_id: str = "", **fields: Any) -> str:
        report_id = report_id or f"r-{uuid.uuid4().hex[:12]}"
        return (await self.call("GenerateReport", report_id=report_id, **fields)).report.report_id

    async def get(self, report_id: str) -> Report:
        return (await self.call("GetReport", report_id=report_id)).report

    async def until_over(self, report_id: str) -> Report:
        async with asyncio.timeout(PATIENCE):
            while (report := await self.get(report_id)).state not in OVER:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return report

    async def made(self, said: ReportDefinition, **fields: Any) -> Report:
        return await self.until_over(await self.ask(definition=said, **fields))

    async def download(self, report_id: str, number: int = 0) -> tuple[str, bytes]:
        """The media type, and the content."""
        request = pb.DownloadReportRequest(
            workspace_id=self.workspace, report_id=report_id, format=number
        )
        parts = [
            part.body
            async for part in self.stack.stubs.reports.DownloadReport(
                request, metadata=self.metadata
            )
        ]
        return parts[0].content_type, b"".join(part.data for part in parts)

    async def sections(self, report_id: str) -> Mapping[str, Any]:
        """Of a report in JSON, by their kinds."""
        _, content = await self.download(report_id, JSON)
        return {one["kind"]: one for one in json.loads(content)["sections"]}

    def set_due(self, time: datetime, definition_id: str = DEFINITION_ID) -> None:
        """As if nobody had looked since then."""
        self.by_sql(
            "update shadower.report_definitions set due_at = %s, claimed_until = '-infinity'"
            " where workspace_id = %s and definition_id = %s",
            time,
            self.workspace,
            definition_id,
        )

    def by_sql(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection:
            found = connection.execute(statement, values)  # type: ignore[call-overload]
            return found.fetchall() if found.description else []

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was told on the bus of reports, in order."""
        return self.by_sql(
            "select type, data from shadower.outbox where workspace_id = %s"
            " and type like 'report.%%' order by id",
            self.workspace,
        )
