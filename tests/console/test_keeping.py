"""What somebody has begun on a page stays what they began, whatever comes or goes meanwhile."""

import asyncio

import httpx
from playwright.async_api import Route, expect

from tests.support.console import Visitor
from tests.support.dead_letters import LETTER, UNKNOWN, file_letter
from tests.support.stack import Stack


async def test_a_reason_stays_beside_its_letter_when_another_comes(
    visitor: Visitor, workspace: str, stack: Stack
) -> None:
    page = visitor.page
    file_letter(stack.database_url, workspace, LETTER, "the first", position=1)
    await visitor.enter(workspace, "ingestion")
    rows = page.get_by_role("table", name="Dead letters").locator("tbody tr")
    await rows.get_by_label("Why it is dropped").fill("of no use")
    file_letter(stack.database_url, workspace, UNKNOWN, "the second", position=2)
    # Whatever was asked for is asked for again.
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("the second")
    reasons = rows.get_by_label("Why it is dropped")
    assert [await one.input_value() for one in await reasons.all()] == ["", "of no use"]


async def rules(owner: httpx.AsyncClient, *names: str) -> None:
    for name in names:
        rule = {
            "name": name,
            "metric": "errors",
            "threshold": {"comparator": "COMPARATOR_ABOVE", "threshold": 5},
            "severity": "SEVERITY_CRITICAL",
            "escalation": [{"delay": "900s", "recipients": ["boss"]}],
        }
        await owner.post("/alertRules", json={"ruleId": name, "rule": rule})


async def test_a_form_outlives_the_end_of_another_rule(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    page.on("dialog", lambda dialog: dialog.accept())
    await targets(owner)
    await rules(owner, "first", "second")
    await visitor.enter(workspace, "alerts")
    await page.get_by_role("button", name="Escalation first").click()
    await page.get_by_label("Minutes after the alert").fill("77")
    await page.get_by_role("button", name="Delete second").click()
    await expect(page.locator(".said")).to_contain_text("Deleted")
    await expect(page.get_by_label("Minutes after the alert")).to_have_value("77")
    await page.get_by_role("button", name="Delete first").click()
    await expect(page.get_by_label("Minutes after the alert")).to_have_count(0)


async def targets(owner: httpx.AsyncClient) -> None:
    for name in ("Anna", "Boss"):
        asked = {"name": name, "webhook": {"url": "http://127.0.0.1:8085/hook"}}
        await owner.post("/notificationTargets", json={"targetId": name.lower(), "target": asked})


async def test_targets_that_come_late_can_still_be_chosen(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await targets(owner)
    await rules(owner, "failing")
    come = asyncio.Event()

    async def late(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await page.route("**/ListTargets", late)
    await visitor.enter(workspace, "alerts")
    await page.get_by_role("button", name="Escalation failing").click()
    level = page.get_by_role("group", name="Level 1")
    await expect(level.get_by_label("boss")).to_be_checked()
    await level.get_by_label("Minutes after the alert").fill("30")
    come.set()
    await level.get_by_label("Anna").check()
    await expect(level.get_by_label("Boss")).to_be_checked()
    await expect(level.get_by_label("Minutes after the alert")).to_have_value("30")
    come.clear()
    await visitor.go(workspace, "reports")
    await page.get_by_role("button", name="New definition").click()
    form = page.get_by_role("region", name="New definition")
    await form.get_by_label("Title").fill("Weekly")
    come.set()
    await form.get_by_label("Anna").check()
    await expect(form.get_by_label("Title")).to_have_value("Weekly")


async def test_why_there_is_nobody_to_choose_is_said(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await rules(owner, "failing")
    await page.route("**/ListTargets", lambda route: route.abort())
    await visitor.enter(workspace, "alerts")
    await page.get_by_role("button", name="Escalation failing").click()
    form = page.get_by_role("region", name="Escalation of failing")
    await expect(form.get_by_role("alert")).to_be_visible()
    await expect(form.get_by_text("There is nobody to tell yet")).to_have_count(0)
    visitor.complaints.clear()


async def test_a_number_may_be_written_as_browsers_let_it(visitor: Visitor, workspace: str) -> None:
    page = visitor.page
    await visitor.go(workspace, "access")
    await visitor.sign_in(visitor.keys.token(workspace, permissions=["limits:write"]))
    await page.get_by_role("button", name="Set the quota of executions this month").click()
    await page.get_by_label("At most").fill("5e3")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".said")).to_contain_text("The quota is set")
    await expect(page.get_by_role("table", name="Quotas")).to_contain_text("5,000")


async def test_where_somebody_is_stands_in_the_menu_of_a_phone(
    visitor: Visitor, workspace: str
) -> None:
    page = visitor.page
    await page.set_viewport_size({"width": 390, "height": 844})
    await visitor.enter(workspace, "access")
    current = page.locator("nav [aria-current]")
    await expect(current).to_have_text("Keys and limits")
    await expect(current).to_be_in_viewport(ratio=1)
    await visitor.go(workspace, "overview")
    await expect(current).to_have_text("Overview")
    await expect(current).to_be_in_viewport(ratio=1)


async def test_where_somebody_is_stays_in_sight_when_a_phone_is_turned(
    visitor: Visitor, workspace: str
) -> None:
    page = visitor.page
    upright, lying = {"width": 390, "height": 844}, {"width": 844, "height": 390}
    await page.set_viewport_size({"width": 700, "height": 390})
    await visitor.enter(workspace, "reports")
    current = page.locator("nav [aria-current]")
    await expect(current).to_be_in_viewport(ratio=1)
    for size in (upright, lying, upright):
        await page.set_viewport_size(size)
        await expect(current).to_have_text("Reports")
        await expect(current).to_be_in_viewport(ratio=1)
    middle = """(one) => {
      const [own, all] = [one, one.parentElement].map((each) => each.getBoundingClientRect());
      return Math.abs(own.left + own.width / 2 - (all.left + all.width / 2));
    }"""
    assert await current.evaluate(middle) < 2
