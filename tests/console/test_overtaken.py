"""Somebody else changes what a form is about while it is open: the form says so, takes what is
there by now, keeps what was written, and can be saved."""

from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from tests.support.console import Visitor

Said = dict[str, Any]
HOOK = {"webhook": {"url": "http://127.0.0.1:8085/hook"}}
OTHER = "http://127.0.0.2:8085/other"
THRESHOLD = {"comparator": "COMPARATOR_ABOVE", "threshold": 5}
HIGHER = THRESHOLD | {"threshold": 9}
OVERTAKEN = "Somebody else has changed it meanwhile"
COLLECTIONS = {
    "notificationTargets": "target",
    "alertRules": "rule",
    "reportDefinitions": "definition",
}


async def kept(owner: httpx.AsyncClient, collection: str, item: str) -> Said:
    answer: Said = (await owner.get(f"/{collection}/{item}")).json()[COLLECTIONS[collection]]
    return answer


async def said(owner: httpx.AsyncClient, collection: str, item: str) -> Said:
    message: Said = (await kept(owner, collection, item))[COLLECTIONS[collection]]
    return message


async def change(owner: httpx.AsyncClient, collection: str, item: str, **fields: Any) -> None:
    """As somebody else does it."""
    now = await kept(owner, collection, item)
    kind = COLLECTIONS[collection]
    asked = {kind: now[kind] | fields, "etag": now["etag"]}
    answer = await owner.post(f"/{collection}/{item}:update", json=asked)
    assert answer.is_success, answer.text


async def overtaken(page: Page, button: str) -> None:
    """What is pressed cannot be saved; then what is there by now is loaded."""
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.get_by_role("alert").filter(has_text=OVERTAKEN)).to_be_visible()
    await page.get_by_role("button", name="Load what is there now").click()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def saved(page: Page, button: str, done: str) -> None:
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.locator(".said")).to_contain_text(done)


async def renaming(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient, **fields: Any
) -> Locator:
    """The form of a target Ops, into which somebody has written another name, and not saved it."""
    target = {"name": "Ops", **HOOK, **fields}
    await owner.post("/notificationTargets", json={"targetId": "ops", "target": target})
    await visitor.enter(workspace, "notifications")
    await visitor.page.get_by_role("button", name="Change Ops").click()
    form = visitor.page.get_by_role("region", name="Change Ops")
    await form.get_by_label("Name", exact=True).fill("Mine")
    return form


async def escalating(visitor: Visitor, workspace: str, owner: httpx.AsyncClient) -> None:
    """Opens the form of a rule that tells the boss after 15 minutes."""
    rule = {
        "name": "failing",
        "metric": "errors",
        "threshold": THRESHOLD,
        "severity": "SEVERITY_CRITICAL",
        "escalation": [{"delay": "900s", "recipients": ["boss"]}],
    }
    await owner.post("/alertRules", json={"ruleId": "failing", "rule": rule})
    await visitor.enter(workspace, "alerts")
    await visitor.page.get_by_role("button", name="Escalation failing").click()
    await expect(visitor.page.get_by_label("Minutes after the alert")).to_have_value("15")


async def test_a_target_is_saved_with_what_both_have_changed(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    form = await renaming(visitor, workspace, owner, leastSeverity="SEVERITY_INFO")
    await form.get_by_label("Address", exact=True).fill(OTHER)
    theirs = {"leastSeverity": "SEVERITY_CRITICAL", "labels": {"team": "core"}}
    await change(owner, "notificationTargets", "ops", name="Theirs", **theirs)
    await overtaken(page, "Save")
    news = form.get_by_role("status")
    await expect(news).to_contain_text("Somebody else changed: name, least severity, labels.")
    await expect(news).to_contain_text("something else for: name.")
    assert await visitor.problems() == []
    await expect(form.get_by_label("Name", exact=True)).to_have_value("Mine")
    await expect(form.get_by_label("Alerts from")).to_have_value("3")
    await expect(form.get_by_label("Address", exact=True)).to_have_value(OTHER)
    await saved(page, "Save", "Saved")
    now = await said(owner, "notificationTargets", "ops")
    assert {name: now[name] for name in ("name", *theirs)} == {"name": "Mine", **theirs}
    assert (await kept(owner, "notificationTargets", "ops"))["host"] == "127.0.0.2"


async def test_a_target_whose_kind_somebody_else_turned_is_shown_as_it_is(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    form = await renaming(visitor, workspace, owner)
    url = "http://127.0.0.1:8085/slack"
    now = await kept(owner, "notificationTargets", "ops")
    asked = {"target": {"name": "Ops", "slack": {"url": url}}, "etag": now["etag"]}
    await owner.post("/notificationTargets/ops:update", json=asked)
    await overtaken(page, "Save")
    await expect(form.get_by_label("Kind")).to_have_value("slack")
    await saved(page, "Save", "Saved")
    now = await said(owner, "notificationTargets", "ops")
    assert (now["name"], "slack" in now) == ("Mine", True)


async def test_a_definition_is_saved_however_often_others_were_faster(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    definition = {
        "title": "Weekly",
        "sections": ["REPORT_SECTION_SUMMARY"],
        "period": "REPORT_PERIOD_LAST_WEEK",
        "formats": ["REPORT_FORMAT_PDF"],
        "timeZone": "UTC",
    }
    await owner.post(
        "/reportDefinitions", json={"definitionId": "weekly", "definition": definition}
    )
    await visitor.enter(workspace, "reports")
    await page.get_by_role("button", name="Change Weekly").click()
    form = page.get_by_role("region", name="Change Weekly")
    await form.get_by_label("Title").fill("Mine")
    await form.get_by_label("Only agents").fill("support")
    daily = {"frequency": "REPORT_FREQUENCY_DAILY", "localTime": "06:00"}
    await change(owner, "reportDefinitions", "weekly", schedule=daily, filter={"models": ["m"]})
    await overtaken(page, "Save")
    await expect(form.get_by_label("Only models")).to_have_value("m")
    await expect(form.get_by_label("Only agents")).to_have_value("support")
    await form.get_by_label("At", exact=True).fill("07:30")
    later = daily | {"localTime": "09:00"}
    await change(owner, "reportDefinitions", "weekly", title="Theirs", schedule=later)
    await overtaken(page, "Save")
    await expect(form.get_by_label("Title")).to_have_value("Mine")
    await expect(form.get_by_label("Only agents")).to_have_value("support")
    await expect(form.get_by_label("At", exact=True)).to_have_value("07:30")
    await expect(form.get_by_role("status")).to_contain_text("something else for: title, schedule.")
    await saved(page, "Save", "Saved")
    now = await said(owner, "reportDefinitions", "weekly")
    assert (now["title"], now["schedule"]["localTime"]) == ("Mine", "07:30")
    assert now["filter"] == {
        **now["filter"],
        "agentIds": ["support"],
        "models": ["m"],
    }


async def test_levels_are_saved_beside_what_somebody_else_says_of_the_rule(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await owner.post(
        "/notificationTargets", json={"targetId": "boss", "target": {"name": "Boss", **HOOK}}
    )
    await escalating(visitor, workspace, owner)
    await page.get_by_label("Minutes after the alert").fill("30")
    await change(owner, "alertRules", "failing", threshold=HIGHER)
    await overtaken(page, "Save the escalation")
    await expect(page.get_by_label("Minutes after the alert")).to_have_value("30")
    await saved(page, "Save the escalation", "The escalation is saved")
    now = await said(owner, "alertRules", "failing")
    assert now["threshold"] == HIGHER
    assert now["escalation"] == [{"delay": "1800s", "recipients": ["boss"]}]


async def test_levels_that_somebody_else_made_are_shown_where_none_were_written(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await escalating(visitor, workspace, owner)
    levels = [{"delay": f"{seconds}s", "recipients": ["boss"]} for seconds in (300, 600)]
    await change(owner, "alertRules", "failing", escalation=levels)
    await overtaken(page, "Save the escalation")
    minutes = page.get_by_label("Minutes after the alert")
    await expect(minutes).to_have_count(2)
    assert [await one.input_value() for one in await minutes.all()] == ["5", "10"]
    await saved(page, "Save the escalation", "The escalation is saved")
    assert (await said(owner, "alertRules", "failing"))["escalation"] == levels


async def test_levels_that_were_removed_do_not_come_back(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await escalating(visitor, workspace, owner)
    await page.get_by_role("button", name="Remove level 1").click()
    await change(owner, "alertRules", "failing", threshold=HIGHER)
    await overtaken(page, "Save the escalation")
    await expect(page.get_by_label("Minutes after the alert")).to_have_count(0)
    await saved(page, "Save the escalation", "The escalation is saved")
    now = await said(owner, "alertRules", "failing")
    assert (now["escalation"], now["threshold"]) == ([], HIGHER)


async def test_what_is_gone_by_then_is_said(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    form = await renaming(visitor, workspace, owner)
    await change(owner, "notificationTargets", "ops", name="Theirs")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("alert").filter(has_text=OVERTAKEN)).to_be_visible()
    await owner.post("/notificationTargets/ops:delete", json={})
    await page.get_by_role("button", name="Load what is there now").click()
    await expect(page.locator("[data-reason=TARGET_NOT_FOUND]")).to_be_visible()
    await expect(page.get_by_role("button", name="Load what is there now")).to_be_visible()
    await expect(form.get_by_label("Name", exact=True)).to_have_value("Mine")
