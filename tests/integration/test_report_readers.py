"""Who sees reports, and for how long there are any."""

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from tests.support.errors import refusal, refused
from tests.support.keys import KeyRing
from tests.support.reports import (
    AGENTS,
    COST,
    SUMMARY,
    USERS,
    Desk,
    definition,
)
from tests.support.runs import run
from tests.support.stack import Stack

DAY = timedelta(days=1)


async def test_who_may_not_see_users_otherwise_sees_none_by_reports(
    desk: Desk, keys: KeyRing
) -> None:
    naming = await desk.made(definition(sections=[USERS]))
    silent = await desk.made(definition(sections=[SUMMARY]))
    for role, permissions in (("member", []), (None, ["reports:read", "reports:write"])):
        reader = keys.metadata(desk.workspace, role=role, permissions=permissions)
        other = ReaderDesk(desk.stack, desk.keys, desk.client, reader)
        found = await refused(other.download(naming.report_id))
        assert (found.reason, found.metadata) == (
            "PERMISSION_MISSING",
            {"permission": "aggregates:read"},
        )
        assert (await other.download(silent.report_id))[1]
    found = await refused(other.call("CreateReportLink", report_id=naming.report_id))
    assert found.reason == "PERMISSION_MISSING"
    service = keys.metadata(desk.workspace, role="analyst")
    assert (await ReaderDesk(desk.stack, keys, desk.client, service).download(naming.report_id))[1]


@dataclass(frozen=True)
class ReaderDesk(Desk):
    """As somebody else sees it."""

    reader: Any

    @property
    def metadata(self) -> Any:
        return self.reader


async def test_what_is_not_wanted_any_more_is_not_made(desk: Desk) -> None:
    desk.by_sql(
        "insert into shadower.reports (workspace_id, report_id, definition, starts_at, ends_at,"
        " requested_by, may_name_users, next_at, expires_at) values (%s, 'late', '{}', now(),"
        " now() + interval '1 day', 'a', false, now() + interval '1 day', '2100-01-01')",
        desk.workspace,
    )
    cancelled = (await desk.call("CancelReport", report_id="late")).report
    assert cancelled.state == 5
    found = await refused(desk.download("late"))
    assert (found.reason, found.metadata["state"]) == ("REPORT_CONTENT_NOT_FOUND", "cancelled")


async def test_what_has_expired_is_cleaned_up(desk: Desk) -> None:
    report = await desk.made(definition())
    kept = await desk.made(definition())
    desk.by_sql(
        "update shadower.reports set expires_at = now() where workspace_id = %s and report_id = %s",
        desk.workspace,
        report.report_id,
    )
    answer = await desk.call("CleanUpReports")
    assert (answer.reports, answer.objects, answer.remaining) == (1, 1, 0)
    assert (await refused(desk.get(report.report_id))).reason == "REPORT_NOT_FOUND"
    assert (await desk.download(kept.report_id))[1]
    assert (await desk.call("CleanUpReports")).reports == 0


async def test_what_belongs_to_no_report_is_cleaned_up_when_it_is_old(
    desk: Desk, stack: Stack
) -> None:
    kept = await desk.made(definition())
    [folder] = (stack.running["reports"].log.parent / "objects" / "reports").glob(desk.workspace)
    for name in ("old", "young"):
        (folder / kept.report_id / f"9.{name}").write_text("left by who was killed")
    long_ago = (datetime.now(UTC) - 2 * DAY).timestamp()
    for path in folder.glob("*/*"):
        if path.suffix != ".young":
            os.utime(path, (long_ago, long_ago))
    assert (await desk.call("CleanUpReports")).objects == 1
    assert {path.suffix for path in folder.glob("*/*")} == {".young", ".json"}
    assert (await desk.download(kept.report_id))[1]


async def test_an_erased_user_is_named_nowhere(desk: Desk) -> None:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    await desk.client.record([run("r", day, user_id="u-erased"), run("s", day, user_id="u-2")])
    naming = await desk.made(definition(sections=[USERS], recipients=["mail"]))
    assert b"u-erased" in (await desk.download(naming.report_id))[1]
    silent = await desk.made(definition(sections=[SUMMARY, AGENTS, COST]))
    await desk.define("about", filter={"user_ids": ["u-erased"]})
    await desk.define("others", filter={"user_ids": ["u-2"]})
    desk.by_sql(
        "update shadower.report_definitions set updated_by = 'u-erased' where workspace_id = %s",
        desk.workspace,
    )
    answer = await desk.call("EraseReports", user_id="u-erased")
    assert (answer.definitions, answer.reports, answer.links, answer.objects) == (1, 1, 1, 1)
    assert answer.names == 1
    assert (await refused(desk.get(naming.report_id))).reason == "REPORT_NOT_FOUND"
    assert b"u-erased" not in (await desk.download(silent.report_id))[1]
    for table in ("report_definitions", "reports", "report_links"):
        rows = desk.by_sql(
            f"select t::text from shadower.{table} t where workspace_id = %s",
            desk.workspace,
        )
        assert "u-erased" not in str(rows)
    answer = await desk.call("EraseReports")
    assert (answer.definitions, answer.reports) == (1, 1)
    assert (await desk.call("ListReports")).reports == []


async def test_a_report_of_another_workspace_is_not_there(
    desk: Desk, stack: Stack, keys: KeyRing
) -> None:
    other = Desk.of_new_workspace(stack, keys)
    report = await desk.made(definition())
    link = (await desk.call("CreateReportLink", report_id=report.report_id)).link
    for rpc in ("GetReport", "CancelReport", "ListReportLinks", "CreateReportLink"):
        found = await refused(other.call(rpc, report_id=report.report_id))
        assert found.reason == "REPORT_NOT_FOUND", rpc
    await other.call("DeleteReport", report_id=report.report_id)
    await other.call("RevokeReportLink", link_id=link.link_id)
    assert (await desk.download(report.report_id))[1]
    listed = await desk.call("ListReportLinks", report_id=report.report_id)
    assert link.link_id in {one.link_id for one in listed.links}


async def test_a_link_to_what_is_deleted_meanwhile_is_not_made(desk: Desk) -> None:
    """Each of many ends one way or the other, and none as a defect of ours."""
    report = await desk.made(definition())
    asked = {"report_id": report.report_id}
    linking = [desk.call("CreateReportLink", **asked) for _ in range(6)]
    ended = await asyncio.gather(
        *linking, desk.call("DeleteReport", **asked), return_exceptions=True
    )
    reasons = {refusal(one).reason for one in ended if isinstance(one, grpc.aio.AioRpcError)}
    assert reasons <= {"REPORT_NOT_FOUND"}
    query = "select 1 from shadower.report_links where report_id = %s"
    assert desk.by_sql(query, report.report_id) == []
