"""Lists are shown to their end; where there is more than is shown, the page says so."""

from typing import Any

import httpx
import psycopg
from playwright.async_api import Route, expect
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest, GetMetricsResponse

from tests.console.conftest import WORKSPACE
from tests.support import grpc_web
from tests.support.console import Visitor
from tests.support.stack import Stack

# More than one page of a list has, and more than anybody is shown.
PAGE, MOST = 500, 2_000
RULE = {
    "name": "rule-0",
    "metric": "errors",
    "threshold": {"comparator": "COMPARATOR_ABOVE", "threshold": 5},
    "severity": "SEVERITY_WARNING",
    # Nobody has to judge its copies.
    "disabled": True,
}
COPIED = """
insert into shadower.{table} select (jsonb_populate_record(one, jsonb_build_object({fields}))).*
from shadower.{table} one, generate_series(1, %s) number where workspace_id = %s
"""
RULES = COPIED.format(table="alert_rules", fields="'rule_id', 'rule-' || number")
SILENCES = COPIED.format(table="alert_silences", fields="'silence_id', 'silence-' || number")
ALERTS = """
insert into shadower.alerts (workspace_id, alert_id, rule_id, rule_name, severity, group_key,
    group_labels, state, pending_at, triggered_at, acknowledged_at, judged_at, held_at)
select %s, gen_random_uuid(), 'rule-0', 'rule-0', 2, number,
    jsonb_build_object('agent_id', number::text), 'acknowledged', now(), now(), now(), now(), now()
from generate_series(1, %s) number
"""


def copy(stack: Stack, statement: str, *values: Any) -> None:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(statement, values)


async def test_all_rules_and_silences_are_listed(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient, stack: Stack
) -> None:
    await owner.post("/alertRules", json={"ruleId": "rule-0", "rule": RULE})
    silence = {"startTime": "2026-01-01T00:00:00Z", "endTime": "2036-01-01T00:00:00Z"}
    await owner.post("/alertSilences", json={"silenceId": "silence-0", **silence})
    copy(stack, RULES, PAGE, workspace)
    copy(stack, SILENCES, PAGE, workspace)
    await visitor.enter(workspace, "alerts")
    for name in ("Rules", "Silences"):
        rows = visitor.page.get_by_role("table", name=name).locator("tbody tr")
        await expect(rows).to_have_count(PAGE + 1)
    await expect(visitor.page.get_by_text("There are more than these")).to_have_count(0)
    await visitor.go(workspace, "notifications")
    await visitor.page.get_by_role("button", name="New target").click()
    await visitor.page.get_by_text("Only of some alerts").click()
    boxes = visitor.page.get_by_role("group", name="Only alerts of these rules")
    await expect(boxes.get_by_role("checkbox")).to_have_count(PAGE + 1)


async def test_alerts_beyond_those_that_are_shown_are_told_of(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient, stack: Stack
) -> None:
    copy(stack, ALERTS, workspace, MOST + 1)
    await visitor.enter(workspace, "alerts")
    said = visitor.page.get_by_text(f"There are more than these {MOST:,} open alerts")
    await expect(said.locator("code")).to_have_text(f"/v1/workspaces/{workspace}/alerts")
    rows = visitor.page.get_by_role("table", name="Open alerts").locator("tbody tr")
    await expect(rows).to_have_count(MOST)
    answer = (await owner.get("/alerts", params={"pageSize": PAGE})).json()
    assert len(answer["alerts"]) == PAGE
    assert answer["nextPageToken"]


async def test_charts_that_lack_something_say_so(
    visitor: Visitor, runs: list[Any], span: dict[str, str]
) -> None:
    said = visitor.page.get_by_text("There is more in this time than can be drawn")
    await visitor.enter(WORKSPACE, **span)
    await visitor.settled()
    await expect(said).to_have_count(0)
    await visitor.page.route("**/GetMetrics", _endless)
    await visitor.page.reload()
    await expect(said).to_be_visible()


async def _endless(route: Route) -> None:
    """The same page again and again."""
    asked = route.request.post_data_buffer or b""
    question = grpc_web.read(asked, GetMetricsRequest)
    question.page_token = ""
    answer = await route.fetch(post_data=grpc_web.written(asked, question))
    body = await answer.body()
    told = grpc_web.read(body, GetMetricsResponse)
    told.next_page_token = "further"
    headers = {"content-type": answer.headers["content-type"]}
    await route.fulfill(headers=headers, body=grpc_web.written(body, told))
