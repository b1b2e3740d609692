"""The network is cut, and comes back: what is on the page is said to be from before, and is right
again without anybody pressing anything."""

from datetime import UTC, datetime
from typing import Any

import httpx
from playwright.async_api import expect

from tests.console.conftest import WORKSPACE
from tests.console.runs import AGENTS
from tests.support.console import Visitor

AWAY = "The network is away"


def only_the_network(visitor: Visitor) -> None:
    """Nothing but requests that could not be made was complained of."""
    assert all("net::ERR_" in one for one in visitor.complaints), visitor.complaints
    visitor.complaints.clear()


async def test_a_page_is_right_again(
    visitor: Visitor, runs: list[Any], span: dict[str, str]
) -> None:
    page = visitor.page
    await visitor.enter(WORKSPACE, range="24h")
    await visitor.settled()
    await page.context.set_offline(True)
    await expect(page.get_by_text(AWAY)).to_be_visible()
    await visitor.go(WORKSPACE, **span)
    await expect(page.get_by_role("alert").first).to_contain_text("Nobody answers")
    assert await page.locator(".tile").count() == 0
    await page.context.set_offline(False)
    await expect(page.locator(".tile .value").first).to_have_text(str(len(runs)))
    assert await page.get_by_text(AWAY).count() == 0
    assert await page.get_by_role("alert").count() == 0
    # Of a page that nobody has seen yet, the script cannot be had either.
    await page.context.set_offline(True)
    await page.get_by_role("link", name="Agents", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Nobody answers")
    await page.context.set_offline(False)
    await expect(page.locator(".board .body [role=row]")).to_have_count(len(AGENTS))
    only_the_network(visitor)


async def test_what_somebody_wrote_outlives_the_cut(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await visitor.enter(workspace, "access")
    await page.get_by_label("Name").fill("Recorder")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Make a key").click()
    await expect(page.locator(".said")).to_contain_text("Nobody answers")
    await expect(page.get_by_role("alert").first).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.get_by_label("Name")).to_have_value("Recorder")
    await page.get_by_role("button", name="Make a key").click()
    await expect(page.locator(".hints code")).to_contain_text("shk_")
    keys = (await owner.get("/apiKeys")).json()["apiKeys"]
    assert [one["displayName"] for one in keys] == ["Recorder"]
    only_the_network(visitor)


async def test_a_live_view_goes_on_without_a_gap(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    total = page.locator(".tile .value").first
    await visitor.enter(workspace, "live")
    await expect(page.locator("[data-live=open]")).to_be_visible()
    await record(owner, "before")
    await expect(total).to_have_text("1")
    await page.context.set_offline(True)
    await expect(page.get_by_text("The connection broke")).to_be_visible()
    await record(owner, "meanwhile")
    await expect(page.get_by_text(AWAY)).to_be_visible()
    await expect(total).to_have_text("1")
    await page.context.set_offline(False)
    await expect(total).to_have_text("2")
    await expect(page.locator("[data-live=open]")).to_be_visible()
    only_the_network(visitor)


async def record(owner: httpx.AsyncClient, execution_id: str) -> None:
    now = datetime.now(UTC).isoformat()
    status = "EXECUTION_STATUS_SUCCEEDED"
    run = {"executionId": execution_id, "agentId": "a", "status": status}
    runs = [run | {"startTime": now, "endTime": now}]
    await owner.post("/executions:batch", json={"executions": runs})
