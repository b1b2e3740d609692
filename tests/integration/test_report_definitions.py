"""What reports are made of, when they are due, and what makes no sense."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from tests.support.errors import refused
from tests.support.reports import (
    DAILY,
    DEFINITION_ID,
    HTML,
    JSON,
    Desk,
    definition,
)
from tests.support.runs import interval, run

DAY = timedelta(days=1)


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
