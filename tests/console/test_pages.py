"""Every page says what the API says, to everybody, and lets nothing of a name be more than text."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.console.conftest import WORKSPACE
from tests.console.runs import AGENTS, HTML
from tests.support.console import Visitor, sizes

PAGES = (
    "overview",
    "agents",
    "explorer",
    "live",
    "alerts",
    "notifications",
    "reports",
    "ingestion",
    "jobs",
    "access",
)
Runs = list[dict[str, Any]]
Place = dict[str, str]


def dollars(amount: str) -> str:
    """Of less than a dollar, four decimals."""
    value = Decimal(amount)
    digits = Decimal("0.01") if value >= 1 else Decimal("0.0001")
    return f"${value.quantize(digits, ROUND_HALF_UP):,}"


def percent(part: int, whole: int) -> str:
    share = Decimal(100 * part) / whole
    return f"{share.quantize(Decimal('0.1'), ROUND_HALF_UP)} %"


async def test_the_overview_says_what_the_api_and_the_runs_say(
    visitor: Visitor, http: httpx.AsyncClient, runs: Runs, span: Place, interval: Place
) -> None:
    await visitor.enter(WORKSPACE, **span)
    await visitor.page.locator(".figure shadower-chart canvas").first.wait_for()
    answer = await http.get(f"/v1/workspaces/{WORKSPACE}/summary", params=interval)
    told = answer.json()["summary"]
    good = sum(run["status"] == "EXECUTION_STATUS_SUCCEEDED" for run in runs)
    assert await visitor.tile("Executions") == str(len(runs)) == told["executions"]["total"]
    assert await visitor.tile("Success rate") == percent(good, len(runs))
    assert await visitor.tile("Cost") == dollars(told["cost"]["costUsd"])
    assert sum(Decimal(run["costUsd"]) for run in runs) == Decimal(told["cost"]["costUsd"])
    tokens = sum(run["inputTokens"] + run["outputTokens"] for run in runs)
    assert await visitor.tile("Tokens") == f"{tokens:,}"
    assert await visitor.tile("Active users") == str(len({run["userId"] for run in runs}))
    assert await visitor.tile("Active agents") == str(len(AGENTS))
    p95 = float(told["duration"]["p95"].removesuffix("s"))
    assert await visitor.tile("Latency p95") == f"{p95:.3g} s"


async def test_charts_have_their_figures_in_a_table(
    visitor: Visitor, runs: Runs, span: Place
) -> None:
    await visitor.enter(WORKSPACE, **span)
    figure = visitor.page.get_by_role("region", name="Executions", exact=True).first
    await figure.get_by_text("As a table").click()
    cells = await figure.locator("tbody td:nth-of-type(1)").all_inner_texts()
    assert sum(map(int, cells)) == len(runs)


async def test_agents_are_in_the_order_that_was_asked_for(
    visitor: Visitor, http: httpx.AsyncClient, runs: Runs, span: Place, interval: Place
) -> None:
    await visitor.enter(WORKSPACE, "agents", **span)
    rows = visitor.page.locator(".board .body [role=row]")
    await expect(rows).to_have_count(len(AGENTS))
    await visitor.page.get_by_role("button", name="Cost").click()
    await expect(visitor.page).to_have_url(re.compile("by=cost"))
    answer = await http.get(
        f"/v1/workspaces/{WORKSPACE}/agents", params={"orderBy": "AGENT_ORDER_COST", **interval}
    )
    wanted = [one["agentName"] or one["agentId"] for one in answer.json()["agents"]]
    await expect(rows.locator(".name")).to_have_text(wanted)
    costs = [dollars(one["cost"]["costUsd"]) for one in answer.json()["agents"]]
    assert await rows.locator(".number:nth-child(8)").all_inner_texts() == costs
    bars = rows.locator("svg.sparkline path").first
    await expect(bars).to_have_attribute("d", re.compile(r"^M"))


async def test_a_name_is_text_and_nothing_else(
    visitor: Visitor, http: httpx.AsyncClient, runs: Runs, span: Place, interval: Place
) -> None:
    await visitor.enter(WORKSPACE, "agents", "html", **span)
    await expect(visitor.page.locator("main h1")).to_have_text(HTML)
    await expect(visitor.page.get_by_role("region", name="Models").first).to_contain_text(
        "<script>"
    )
    assert await visitor.page.locator("main img, main script, main b").count() == 0
    path = f"/v1/workspaces/{WORKSPACE}/agents/html/performance"
    told = (await http.get(path, params=interval)).json()["performance"]
    assert await visitor.tile("Executions") == told["executions"]["total"]
    cells = await visitor.page.locator(".heatmap tbody td .unseen").all_text_contents()
    assert sum(map(int, cells)) == int(told["executions"]["total"])
    rank = visitor.page.locator(".ranks li").first
    await expect(rank).to_have_text(
        f"{told['standing']['executionsRank']}. of {len(AGENTS)} by executions"
    )
    await expect(visitor.page.locator("svg.quantiles path")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_keeps_anybody_out(
    visitor: Visitor, runs: Runs, span: Place, theme: Any
) -> None:
    await visitor.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    await visitor.enter(WORKSPACE, **span)
    found = {}
    for name in PAGES:
        await visitor.go(WORKSPACE, name, **span)
        await visitor.settled()
        # What differs between themes is colours.
        found[name] = await visitor.problems(*(["color-contrast"] if theme == "dark" else []))
    if theme == "light":
        await visitor.page.set_viewport_size({"width": 390, "height": 844})
        found["narrow"] = await visitor.problems()
    assert {name: problems for name, problems in found.items() if problems} == {}


async def test_a_workspace_with_nothing_says_what_to_do(visitor: Visitor, workspace: str) -> None:
    await visitor.enter(workspace)
    await expect(visitor.page.get_by_text("Nothing ran in this time")).to_be_visible()
    await expect(visitor.page.locator("main pre")).to_contain_text(
        f"/v1/workspaces/{workspace}/executions:batch"
    )
    for name, text in {
        "agents": "No agent ran in this time",
        "alerts": "There is no rule yet",
        "notifications": "Nobody is told of anything yet",
        "ingestion": "Nothing came in this time",
        "reports": "Nothing is reported at times",
        "jobs": "Jobs are for operators",
    }.items():
        await visitor.go(workspace, name)
        await expect(visitor.page.get_by_text(text).first).to_be_visible()


def test_the_first_page_is_small() -> None:
    assert 10_000 < sizes()["firstPageBytes"] < 100_000
