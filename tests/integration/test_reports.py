"""Reports over real facts: their numbers are those of an oracle."""

import asyncio
import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import grpc
import pytest

from tests.support import oracle
from tests.support.alerts import Watch, failures, five_minutes
from tests.support.errors import refusal, refused
from tests.support.keys import KeyRing
from tests.support.reports import (
    AGENTS,
    ALERTS,
    ANOMALIES,
    COMPARISON,
    COST,
    CSV,
    DAILY,
    DEFINITION_ID,
    HTML,
    JSON,
    PARQUET,
    PDF,
    SUMMARY,
    TRENDS,
    USERS,
    XLSX,
    Desk,
    definition,
)
from tests.support.runs import Row, generated_runs, interval, run
from tests.support.stack import Stack

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = FIRST + 3 * DAY
END = SECOND + 3 * DAY
TITLES = {
    "Runs": "executions",
    "Success rate": "success_rate",
    "Mean duration": "duration_avg",
    "Agents": "active_agents",
    "Users": "active_users",
    "Tokens": "total_tokens",
    "Cost": "cost",
    "Credits": "credits",
}
COMPARED = TITLES | {
    "Succeeded": "succeeded",
    "Failed": "failed",
    "Timed out": "timed_out",
    "Cancelled": "cancelled",
    "Tokens per run": "total_tokens_avg",
    "Cost per run": "cost_avg",
    "Mean rating": "user_rating",
    "Tool calls": "tool_calls",
}


@pytest.fixture
def desk(stack: Stack, keys: KeyRing) -> Desk:
    return Desk.of_new_workspace(stack, keys)


@pytest.fixture(scope="module")
def runs() -> list[Row]:
    return generated_runs(Random(7), 600, FIRST, END - FIRST)


@pytest.fixture(scope="module")
async def filled(stack: Stack, keys: KeyRing, runs: list[Row]) -> Desk:
    desk = Desk.of_new_workspace(stack, keys)
    await desk.client.record(runs)
    return desk


def is_near(told: Any, wanted: Any) -> bool:
    if told is None or wanted is None:
        return told is None and wanted is None
    return math.isclose(float(told), float(wanted), rel_tol=1e-9, abs_tol=1e-12)


def check_figures(figures: Sequence[Any], now: list[Row], then: list[Row]) -> None:
    checked = 0
    for one in figures:
        if one["name"] in TITLES:
            name = TITLES[one["name"]]
            assert is_near(one["value"], oracle.metric(name, now)), one
            assert is_near(one["previous"], oracle.metric(name, then)), one
            checked += 1
    assert checked == len(TITLES)


async def test_the_numbers_are_those_of_the_raw_rows(filled: Desk, runs: list[Row]) -> None:
    now, then = oracle.within(runs, SECOND, END), oracle.within(runs, FIRST, SECOND)
    said = definition(sections=[SUMMARY, AGENTS, USERS, COST, TRENDS, COMPARISON])
    report = await filled.made(said, interval=interval(SECOND, END))
    assert (report.complete, list(report.absent_sections)) == (True, [])
    sections = await filled.sections(report.report_id)
    assert list(sections) == ["summary", "agents", "users", "cost", "trends", "comparison"]
    check_figures(sections["summary"]["figures"], now, then)
    for kind, table, label, field in (
        ("users", 0, 0, "user_id"),
        ("cost", 0, 0, "model"),
        ("cost", 1, 0, "agent_id"),
    ):
        rows = sections[kind]["tables"][table]["rows"]
        groups = oracle.grouped(now, lambda row, field=field: row[field])  # type: ignore[misc]
        assert {row[label] for row in rows} == set(groups)
        for row in rows:
            group = groups[row[label]]
            wanted = [oracle.metric(n, group) for n in ("executions", "total_tokens", "cost")]
            assert all(map(is_near, row[1:], wanted)), (kind, row)
    agents = oracle.grouped(now, lambda row: row["agent_id"])
    for row in sections["agents"]["tables"][0]["rows"]:
        group = agents[row[0]]
        wanted = [oracle.metric(n, group) for n in ("executions", "success_rate", "duration_avg")]
        assert all(map(is_near, row[2:5], wanted)), row
    check_trends(sections["trends"]["tables"][0]["rows"], now)
    compared = {row[0]: row[2:] for row in sections["comparison"]["tables"][0]["rows"]}
    for title, name in COMPARED.items():
        value, before, change = compared[title]
        assert is_near(value, oracle.metric(name, now)), title
        assert is_near(before, oracle.metric(name, then)), title
        assert change is None or is_near(change, (value - before) / abs(before)), title


def check_trends(rows: Sequence[Any], now: list[Row]) -> None:
    days = oracle.grouped(now, lambda row: oracle.bucket_start(row["start_time"], "day"))
    assert [datetime.fromisoformat(row[0]) for row in rows] == sorted(days)
    for row in rows:
        group = days[datetime.fromisoformat(row[0])]
        wanted = [oracle.metric(n, group) for n in ("executions", "success_rate")]
        assert all(map(is_near, row[1:3], wanted)), row


async def test_a_filter_counts_for_every_number(filled: Desk, runs: list[Row]) -> None:
    mine = [row for row in runs if row["agent_id"] == "agent-a"]
    now, then = oracle.within(mine, SECOND, END), oracle.within(mine, FIRST, SECOND)
    said = definition(sections=[SUMMARY, COST], filter={"agent_ids": ["agent-a"]})
    report = await filled.made(said, interval=interval(SECOND, END))
    sections = await filled.sections(report.report_id)
    check_figures(sections["summary"]["figures"], now, then)
    rows = sections["cost"]["tables"][1]["rows"]
    assert [(row[0], row[1]) for row in rows] == [("agent-a", len(now))]


async def test_every_format_is_kept_as_it_is_told(filled: Desk) -> None:
    every = [HTML, PDF, CSV, JSON, XLSX, PARQUET]
    report = await filled.made(definition(formats=every), interval=interval(SECOND, END))
    assert [one.format for one in report.files] == every
    for file in report.files:
        media_type, content = await filled.download(report.report_id, file.format)
        assert media_type == file.content_type
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size_bytes, file.sha256)
    assert (await filled.download(report.report_id))[0] == "text/html; charset=utf-8"


async def test_without_a_period_before_there_is_no_baseline(filled: Desk) -> None:
    said = definition(sections=[SUMMARY, COMPARISON])
    report = await filled.made(said, interval=interval(FIRST, SECOND))
    for section in (await filled.sections(report.report_id)).values():
        assert "nothing to compare with" in section["text"]
        assert all(one["previous"] is None for one in section["figures"])


async def test_alerts_of_the_period_are_told(stack: Stack, keys: KeyRing) -> None:
    watch = Watch.of_new_workspace(stack, keys)
    desk = Desk(stack, keys, watch.client)
    start = five_minutes(datetime.now(UTC)) - timedelta(hours=3)
    times = [start + timedelta(minutes=minute) for minute in (6, 7, 8)]
    await watch.client.record(failures(times))
    await watch.make(start)
    await watch.evaluate()
    [alert] = await watch.alerts("resolved")
    over = interval(start, start + timedelta(hours=1))
    report = await desk.made(definition(sections=[ALERTS, ANOMALIES]), interval=over)
    sections = await desk.sections(report.report_id)
    [row] = sections["alerts"]["tables"][0]["rows"]
    assert row[1:3] == ["Runs fail", "Critical"]
    assert datetime.fromisoformat(row[0]) == alert.pending_time.ToDatetime(UTC)
    assert "no alert rule of anomalies" in sections["anomalies"]["text"]
    before = interval(start - timedelta(hours=1), start)
    report = await desk.made(definition(sections=[ALERTS]), interval=before)
    assert (await desk.sections(report.report_id))["alerts"]["tables"] == []


async def test_a_definition_lives_as_a_rule_does(desk: Desk) -> None:
    kept = await desk.define(schedule=DAILY, time_zone="Europe/Berlin")
    assert await desk.define(schedule=DAILY, time_zone="Europe/Berlin") == kept
    assert kept.due_time.ToDatetime(UTC) > datetime.now(UTC)
    found = await refused(desk.define(title="Another"))
    assert found.reason == "REPORT_DEFINITION_EXISTS"
    said = {"definition_id": DEFINITION_ID, "definition": definition(disabled=True)}
    changed = (await desk.call("UpdateDefinition", etag=kept.etag, **said)).definition
    assert not changed.HasField("due_time")
    other = said | {"definition": definition(title="Late")}
    found = await refused(desk.call("UpdateDefinition", etag=kept.etag, **other))
    assert found.reason == "REPORT_DEFINITION_CHANGED"
    assert [one.etag for one in (await desk.call("ListDefinitions")).definitions] == [changed.etag]
    await desk.call("DeleteDefinition", definition_id=DEFINITION_ID)
    found = await refused(desk.call("GetDefinition", definition_id=DEFINITION_ID))
    assert found.reason == "REPORT_DEFINITION_NOT_FOUND"


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


async def test_who_asks_twice_asks_for_the_same(desk: Desk) -> None:
    report = await desk.made(definition(), report_id="march")
    await desk.ask("march", definition=definition())
    assert await desk.get("march") == report
    found = await refused(desk.ask("march", definition=definition(title="Other")))
    assert found.reason == "REPORT_EXISTS"
    [listed] = (await desk.call("ListReports")).reports
    assert listed == report
    assert (await desk.call("ListReports", definition="none")).reports == []
    await desk.call("DeleteReport", report_id="march")
    assert (await refused(desk.download("march"))).reason == "REPORT_NOT_FOUND"


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


async def test_each_due_time_is_one_report_and_what_was_missed_is_told(desk: Desk) -> None:
    await desk.client.record([run("r", datetime.now(UTC) - DAY)])
    zone = "America/New_York"
    await desk.define(schedule=DAILY, time_zone=zone, recipients=["mail"], title="Daily <b>")
    due = (await desk.call("GetDefinition", definition_id=DEFINITION_ID)).definition.due_time
    last = due.ToDatetime(UTC) - DAY
    desk.set_due(last - 3 * DAY)
    answer = await desk.call("GenerateDueReports")
    assert (answer.planned, answer.missed, answer.remaining) == (1, 3, 0)
    [report] = (await desk.call("ListReports", definition=DEFINITION_ID)).reports
    report = await desk.until_over(report.report_id)
    assert abs(report.due_time.ToDatetime(UTC) - last) <= timedelta(hours=1)
    assert (report.missed, report.requested_by, report.state) == (3, "schedule", 3)
    # Somebody else finds it due as well, and has the same time.
    desk.set_due(report.due_time.ToDatetime(UTC))
    assert (await desk.call("GenerateDueReports")).planned == 0
    [(kind, told)] = desk.events()
    assert (kind, told["recipients"], told["reportId"]) == (
        "report.generated",
        ["mail"],
        report.report_id,
    )
    assert told["title"] == "Daily <b>"
    [link] = (await desk.call("ListReportLinks", report_id=report.report_id)).links
    assert f"/reportLinks/{link.link_id}?secret=" in told["url"]
    assert datetime.fromisoformat(told["expireTime"]) == link.expire_time.ToDatetime(UTC)


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


async def test_who_shares_a_name_keeps_his_numbers(desk: Desk) -> None:
    day = datetime.now(UTC).replace(hour=12) - DAY
    said = {"agent_name": "assistant", "cost_usd": "0.5"}
    known = {"agent_id": "b", "model": "unknown"}
    runs = [run(f"a-{number}", day, agent_id="a", **said) for number in range(3)]
    await desk.client.record(
        [*runs, *(run(f"b-{number}", day, **known, **said) for number in (1, 2))]
    )
    sections = await desk.sections((await desk.made(definition(sections=[AGENTS, COST]))).report_id)
    points = {
        chart["title"]: dict(chart["series"][0]["points"])
        for section in sections.values()
        for chart in section["charts"]
    }
    assert points["Runs by agent"] == {"assistant (a)": 3, "assistant (b)": 2}
    assert points["Cost by model"] == {"unknown (not reported)": 1.5, "unknown": 1}


async def test_a_schedule_is_previewed(desk: Desk) -> None:
    asked = {
        "schedule": {"frequency": 3, "local_time": "02:30", "day_of_month": 31},
        "time_zone": "Europe/Berlin",
        "period": 3,
        "after_time": {"seconds": 1_830_000_000},
        "count": 3,
    }
    due = (await desk.call("PreviewSchedule", **asked)).due_reports
    assert [one.due_time.ToDatetime().isoformat() for one in due] == [
        "2027-12-31T01:30:00",
        "2028-01-31T01:30:00",
        "2028-02-29T01:30:00",
    ]
    assert due[2].interval.start_time.ToDatetime().isoformat() == "2027-12-31T23:00:00"
    assert due[2].interval.end_time.ToDatetime().isoformat() == "2028-01-31T23:00:00"


BAD: list[tuple[str, dict[str, Any]]] = [
    ("definition.title", {"title": ""}),
    ("definition.title", {"title": "a\nb"}),
    ("definition.sections[0]", {"sections": [99]}),
    ("definition.sections", {"sections": []}),
    ("definition.sections", {"sections": [1, 1]}),
    ("definition.formats", {"formats": [1] * 7}),
    ("definition.formats[0]", {"formats": [0]}),
    ("definition.period", {"period": 0}),
    ("definition.period_days", {"period": 5, "period_days": 36_525}),
    ("definition.period_days", {"period": 5}),
    ("definition.time_zone", {"time_zone": "Europe/Atlantis"}),
    ("definition.time_zone", {"time_zone": "../../etc/passwd"}),
    ("definition.schedule.local_time", {"schedule": DAILY | {"local_time": "25:00"}}),
    ("definition.schedule.day_of_month", {"schedule": DAILY | {"day_of_month": 32}}),
    # They would never come.
    ("definition.schedule.weekday", {"schedule": DAILY | {"frequency": 2}}),
    ("definition.schedule.day_of_month", {"schedule": DAILY | {"frequency": 3}}),
    ("definition.schedule.weekday", {"schedule": DAILY | {"weekday": 3}}),
    ("definition.recipients[0]", {"recipients": ["https://example.com"]}),
    ("definition.retention", {"retention": {"seconds": 100 * 366 * 86_400}}),
    ("definition.filter", {"filter": {"tags": ["a=b"]}}),
]


async def test_what_makes_no_sense_is_refused_by_its_field(desk: Desk) -> None:
    for field, said in BAD:
        found = await refused(desk.define(**said))
        assert (found.code, found.reason) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "VALIDATION_FAILED",
        ), said
        assert field in found.fields, (said, found.fields)
    century = interval(datetime(1995, 1, 1, tzinfo=UTC), datetime(2004, 1, 1, tzinfo=UTC))
    found = await refused(desk.ask(definition=definition(), interval=century))
    assert found.fields == ("interval",)
    ahead = interval(datetime.now(UTC), datetime.now(UTC) + DAY)
    found = await refused(desk.ask(definition=definition(), interval=ahead))
    assert found.fields == ("interval.end_time",)
    found = await refused(desk.ask(definition_id="none"))
    assert found.reason == "REPORT_DEFINITION_NOT_FOUND"


async def test_what_is_said_as_html_is_text(desk: Desk) -> None:
    title = '<img src=x onerror="alert(1)">'
    report = await desk.made(definition(title=title, formats=[HTML, JSON]))
    assert title.encode() not in (await desk.download(report.report_id, HTML))[1]
    assert json.loads((await desk.download(report.report_id, JSON))[1])["title"] == title


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
