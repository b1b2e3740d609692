"""Who is told, what is reported, which keys and limits there are: what somebody arranges on the
page is what the API tells then. Names are text there too, whatever they try."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from tests.console.runs import HTML, RIGHT_TO_LEFT
from tests.support import dead_letters
from tests.support.console import Visitor
from tests.support.notifications import DELIVERY, TARGET_ID, file_delivery
from tests.support.receivers import running_receiver
from tests.support.stack import Stack

NAME = f"{RIGHT_TO_LEFT} {HTML}"
Asked = dict[str, Any]


async def told(owner: httpx.AsyncClient, path: str) -> Any:
    return (await owner.get(path)).json()


async def pressed(page: Page, name: str, said: str) -> None:
    """Presses a button, and waits until it is said what came of it."""
    await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.locator(".said")).to_contain_text(said)


def row(page: Page, table: str, text: str) -> Locator:
    rows = page.get_by_role("table", name=table).locator("tbody tr")
    return rows.filter(has_text=text)


async def only_text(page: Page) -> None:
    """Nothing of a name became a part of the page."""
    assert await page.locator("main img, main script, main b").count() == 0


async def test_a_target_is_made_tried_changed_and_deleted(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient, stack: Stack
) -> None:
    page = visitor.page
    page.on("dialog", lambda dialog: dialog.accept())
    async with running_receiver() as receiver:
        await visitor.enter(workspace, "notifications")
        await page.get_by_role("button", name="New target").click()
        await page.get_by_label("Name", exact=True).fill("Ops")
        await page.get_by_label("Alerts from").select_option("warning")
        await page.get_by_label("An alert was triggered").check()
        assert await visitor.problems() == []
        await page.get_by_label("Address", exact=True).fill("http://169.254.169.254/latest")
        await page.get_by_role("button", name="Make the target").click()
        await expect(page.locator("[data-reason=ADDRESS_REFUSED]")).to_contain_text("by https")
        await page.get_by_label("Address", exact=True).fill(receiver.at("ops"))
        await pressed(page, "Make the target", "The target is made")
        await expect(page.locator(".hints code")).to_contain_text("whsec_")
        target = (await told(owner, f"/notificationTargets/{TARGET_ID}"))["target"]["target"]
        assert target["leastSeverity"] == "SEVERITY_WARNING"
        assert target["eventTypes"] == ["EVENT_TYPE_ALERT_TRIGGERED"]

        await pressed(page, "Test Ops", "The test message was tried")
        await expect(page.get_by_text("taken, status 200")).to_be_visible()
        assert len(receiver.got["ops"]) == 1

        await page.get_by_role("button", name="Change Ops").click()
        await page.get_by_label("Name", exact=True).fill(NAME)
        await page.get_by_text("Only of some alerts").click()
        await page.get_by_label("Only alerts with all").fill("team=core, west\ntier=a=b")
        await pressed(page, "Save", "Saved")
        target = (await told(owner, f"/notificationTargets/{TARGET_ID}"))["target"]["target"]
        assert target["labels"] == {"team": "core, west", "tier": "a=b"}
        assert (target["name"], target["leastSeverity"]) == (NAME, "SEVERITY_WARNING")
        await expect(row(page, "Targets", HTML).locator("bdi").first).to_have_text(NAME)
        await only_text(page)

        await pressed(page, f"Pause {NAME}", "Paused")
        target = (await told(owner, f"/notificationTargets/{TARGET_ID}"))["target"]["target"]
        assert target["disabled"] is True
        await pressed(page, f"Resume {NAME}", "Resumed")

        file_delivery(stack.database_url, workspace)
        await page.get_by_role("button", name="Look again").click()
        given_up = row(page, "Deliveries", "TIMEOUT")
        await given_up.get_by_role("button", name="Attempts").click()
        await expect(row(page, "Attempts", "failed: TIMEOUT")).to_be_visible()
        await given_up.get_by_role("button", name="Retry").click()
        await receiver.take("ops", 2)
        delivery = (await told(owner, f"/notificationDeliveries/{DELIVERY}"))["delivery"]
        assert delivery["targetId"] == TARGET_ID
        assert delivery["state"] != "DELIVERY_STATE_FAILED"

    await pressed(page, f"Delete {NAME}", "Deleted")
    assert (await told(owner, "/notificationTargets"))["targets"] == []
    await expect(page.get_by_text("Nobody is told of anything yet")).to_be_visible()


async def test_levels_of_escalation_are_added_and_removed(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    rule = {
        "name": NAME,
        "metric": "errors",
        "threshold": {"comparator": "COMPARATOR_ABOVE", "threshold": 5},
        "severity": "SEVERITY_CRITICAL",
        "labels": {"team": "core"},
    }
    await owner.post("/alertRules", json={"ruleId": "failing", "rule": rule})
    target = {"name": "Boss", "webhook": {"url": "http://127.0.0.1:8085/hook"}}
    await owner.post("/notificationTargets", json={"targetId": "boss", "target": target})
    await visitor.enter(workspace, "alerts")
    await page.get_by_role("button", name=f"Escalation {NAME}").click()
    await page.get_by_label("Minutes after the alert").fill("15")
    await page.get_by_label("Boss").check()
    await page.get_by_role("button", name="Add a level").click()
    second = page.get_by_role("group", name="Level 2")
    await second.get_by_label("Minutes after the alert").fill("90")
    await second.get_by_label("Boss").check()
    assert await visitor.problems() == []
    await pressed(page, "Save the escalation", "The escalation is saved")
    kept = (await told(owner, "/alertRules/failing"))["rule"]["rule"]
    assert kept["escalation"] == [
        {"delay": "900s", "recipients": ["boss"]},
        {"delay": "5400s", "recipients": ["boss"]},
    ]
    assert {name: kept[name] for name in ("name", "labels", "threshold")} == {
        name: rule[name] for name in ("name", "labels", "threshold")
    }
    await expect(row(page, "Rules", "after 15 min: Boss")).to_contain_text("after 1 h 30 min: Boss")
    await only_text(page)
    await page.get_by_role("button", name=f"Escalation {NAME}").click()
    await page.get_by_role("button", name="Remove level 1").click()
    await pressed(page, "Save the escalation", "The escalation is saved")
    kept = (await told(owner, "/alertRules/failing"))["rule"]["rule"]
    assert kept["escalation"] == [{"delay": "5400s", "recipients": ["boss"]}]


async def test_a_definition_is_made_run_paused_and_deleted(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    page.on("dialog", lambda dialog: dialog.accept())
    target = {"name": "Board", "webhook": {"url": "http://127.0.0.1:8085/hook"}}
    await owner.post("/notificationTargets", json={"targetId": "board", "target": target})
    await visitor.enter(workspace, "reports", zone="Asia/Tokyo")
    await page.get_by_role("button", name="New definition").click()
    form = page.get_by_role("region", name="New definition")
    await form.get_by_label("Title").fill("Weekly figures")
    await form.get_by_label("About").select_option("the last days")
    await form.get_by_label("So many days").fill("10")
    await form.get_by_label("CSV").check()
    await form.get_by_role("combobox", name="Made", exact=True).select_option("every week")
    await form.get_by_role("combobox", name="On", exact=True).select_option("Tuesday")
    await form.get_by_label("At", exact=True).fill("07:30")
    await form.get_by_label("Board").check()
    await form.get_by_role("button", name="When would it be made?").click()
    await expect(form.get_by_role("listitem")).to_have_count(5)
    assert await visitor.problems() == []
    await pressed(page, "Make the definition", "The definition is made")
    kept = (await told(owner, "/reportDefinitions/weekly-figures"))["definition"]
    said = kept["definition"]
    assert said["schedule"]["localTime"] == "07:30"
    assert said["schedule"]["weekday"] == 2
    assert said["schedule"]["frequency"] == "REPORT_FREQUENCY_WEEKLY"
    assert (said["periodDays"], said["timeZone"]) == (10, "Asia/Tokyo")
    assert said["formats"] == ["REPORT_FORMAT_PDF", "REPORT_FORMAT_CSV"]
    assert said["recipients"] == ["board"]
    due = datetime.fromisoformat(kept["dueTime"])
    assert (due.strftime("%a %H:%M"), due > datetime.now(UTC)) == ("Mon 22:30", True)
    await expect(row(page, "Definitions", "Weekly figures")).to_contain_text(
        f"every Tuesday at 07:30, Asia/Tokyo{due + timedelta(hours=9):%-d %b %Y, %H:%M}Board"
    )

    await page.get_by_role("button", name="Change Weekly figures").click()
    form = page.get_by_role("region", name="Change Weekly figures")
    await form.get_by_label("Title").fill(NAME)
    await form.get_by_label("Users").check()
    await pressed(page, "Save", "Saved")
    await pressed(page, f"Pause {NAME}", "Paused")
    said = (await told(owner, "/reportDefinitions/weekly-figures"))["definition"]["definition"]
    assert (said["title"], said["disabled"], said["periodDays"]) == (NAME, True, 10)
    assert said["sections"][-1] == "REPORT_SECTION_USERS"
    assert len(said["sections"]) == 5
    await only_text(page)

    await pressed(page, f"Run now {NAME}", "The report is being made")
    made = (await told(owner, "/reports"))["reports"]
    assert [(one["definitionId"], one["title"]) for one in made] == [("weekly-figures", NAME)]
    await pressed(page, f"Delete {NAME}", "Deleted")
    assert (await told(owner, "/reportDefinitions"))["definitions"] == []


async def test_a_key_is_rotated_and_the_one_before_is_good_for_a_while(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await visitor.enter(workspace, "access")
    await page.get_by_label("Name", exact=True).fill(NAME)
    await page.get_by_role("combobox", name="To", exact=True).select_option("Chosen below")
    await page.get_by_label("ledger:read").check()
    await page.get_by_label("exports:read").check()
    await page.get_by_label("Good for").select_option("30 days")
    assert await visitor.problems() == []
    await pressed(page, "Make a key", "The key is made")
    first = await page.locator(".hints code").inner_text()
    await page.get_by_role("button", name=f"Rotate {NAME}").click()
    await page.get_by_label("Secrets of before").select_option("an hour")
    await pressed(page, "Rotate", "The key has another secret")
    await expect(page.locator(".hints")).to_contain_text("Those before it are good until")
    second = await page.locator(".hints code").inner_text()
    [key] = (await told(owner, "/apiKeys"))["apiKeys"]
    assert first != second
    assert first.startswith(key["prefix"])
    assert key["displayName"] == NAME
    assert sorted(key["permissions"]) == ["PERMISSION_EXPORTS_READ", "PERMISSION_LEDGER_READ"]
    now = datetime.now(UTC)
    assert datetime.fromisoformat(key["expireTime"]) - now > timedelta(days=29, hours=23)
    [_, before] = key["secrets"]
    left = datetime.fromisoformat(before["goodUntil"]) - now
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    await expect(row(page, "API keys", "ledger:read")).to_contain_text("2, the older until")
    await only_text(page)


async def test_limits_are_changed_by_those_who_may(
    visitor: Visitor, workspace: str, owner: httpx.AsyncClient
) -> None:
    page = visitor.page
    await visitor.go(workspace, "access")
    await visitor.sign_in(visitor.keys.token(workspace, permissions=["limits:write"]))
    await page.get_by_role("button", name="Change reports, all together").click()
    await page.get_by_label("Requests").fill("7")
    await page.get_by_label("In each").select_option("hour")
    await pressed(page, "Save", "The limit is set")
    assert await limit(owner) == {"amount": "7", "period": "3600s"}
    usages = (await told(owner, "/limits:usage"))["workspace"]
    [used] = [one["used"] for one in usages if one["limit"]["limitClass"] == "LIMIT_CLASS_REPORTS"]
    shown = await row(page, "Limits", "for this workspace").locator("td").all_inner_texts()
    assert shown[:4] == ["reports", "all together", used, "7"]
    await pressed(page, "As usual reports, all together", "It is as usual again")
    assert await limit(owner) == {"amount": "10", "period": "60s"}

    about = "the quota of executions this month"
    await page.get_by_role("button", name=f"Set {about}").click()
    await page.get_by_label("At most").fill("5000")
    await page.get_by_label("Refuse to record more").check()
    assert await visitor.problems() == []
    await pressed(page, "Save", "The quota is set")
    [quota, _] = (await told(owner, "/limits:usage"))["quotas"]
    assert (quota["quota"]["amount"], quota["quota"]["refuses"]) == ("5000", True)
    await pressed(page, f"Remove {about}", "There is no quota any more")
    [quota, _] = (await told(owner, "/limits:usage"))["quotas"]
    assert "quota" not in quota


async def limit(owner: httpx.AsyncClient) -> Asked:
    """That of reports, of the workspace as a whole."""
    asked = ("LIMIT_CLASS_REPORTS", "LIMIT_SCOPE_WORKSPACE")
    limits = (await told(owner, "/limits"))["limits"]
    [found] = [one for one in limits if (one["limitClass"], one["scope"]) == asked]
    return {name: found[name] for name in ("amount", "period")}


async def test_who_lacks_a_permission_is_told_which_and_is_offered_nothing(
    visitor: Visitor, workspace: str
) -> None:
    page = visitor.page
    await visitor.go(workspace, "notifications")
    await visitor.sign_in(visitor.keys.token(workspace, role="member"))
    lacks = page.locator("[data-lacks='notifications:write']")
    await expect(lacks).to_contain_text("has it: owner, admin.")
    assert await page.get_by_role("button", name="New target").count() == 0
    await visitor.go(workspace, "reports")
    await expect(page.locator("[data-lacks='reports:write']")).to_be_visible()
    assert await page.get_by_role("button", name="New definition").count() == 0
    await visitor.go(workspace, "access")
    await expect(page.locator("[data-lacks='api_keys:read'] h3")).to_have_text(
        "You may not see this"
    )
    await page.get_by_role("button", name="Sign out").click()
    await visitor.sign_in(visitor.keys.token(workspace))
    await expect(page.locator("[data-lacks='limits:write']")).to_contain_text("no role has")
    assert await page.get_by_role("button", name="Change reports, all together").count() == 0


async def test_pages_ask_for_nothing_that_is_not_allowed(
    visitor: Visitor, workspace: str, stack: Stack
) -> None:
    page = visitor.page
    refused: list[str] = []
    page.on("response", lambda one: one.ok or refused.append(one.url))
    await visitor.go(workspace, "agents")
    await visitor.sign_in(visitor.keys.token(workspace, role="viewer"))
    await expect(page.locator("[data-lacks='agents:read']")).to_contain_text("has it: owner,")
    await visitor.go(workspace, "agents", "one")
    await expect(page.locator("[data-lacks='agents:read']")).to_be_visible()
    await visitor.go(workspace, "ingestion")
    for lacked in ("ledger:read", "dead_letters:read"):
        await expect(page.locator(f"[data-lacks='{lacked}']")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    dead_letters.file_letter(stack.database_url, workspace)
    token = visitor.keys.token(workspace, role="", permissions=["dead_letters:read"])
    await visitor.sign_in(token)
    letters = page.get_by_role("table", name="Dead letters")
    await expect(letters).to_contain_text("why")
    await expect(page.locator("[data-lacks='dead_letters:write']")).to_be_visible()
    assert await page.get_by_role("button", name="Replay").count() == 0
    assert await page.get_by_role("button", name="Drop").count() == 0
    assert refused == []


async def test_jobs_are_for_those_whose_token_names_them(visitor: Visitor, workspace: str) -> None:
    page, system = visitor.page, "shadower-system"
    await visitor.enter(workspace, "jobs")
    await expect(page.locator("main pre")).to_contain_text("--permission jobs:read")
    await page.get_by_role("button", name="Sign out").click()
    await visitor.sign_in(visitor.keys.token(system))
    await visitor.go(system, "jobs")
    await expect(page.locator("[data-lacks='jobs:read']")).to_contain_text("no role has")
    await page.get_by_role("button", name="Sign out").click()
    await visitor.sign_in(visitor.keys.token(system, permissions=["jobs:read"]))
    await expect(page.get_by_role("table", name="Jobs")).to_be_visible()
    await expect(page.locator("[data-lacks='jobs:write']")).to_be_visible()
    assert await page.get_by_role("button", name="Run now").count() == 0
