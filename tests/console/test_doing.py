"""What somebody does on the page happens, and what happens is seen on the page."""

import asyncio
import os
import re
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import expect

from tests.console.conftest import WORKSPACE
from tests.support.console import Visitor
from tests.support.stack import ROOT

PATIENCE_SECONDS = 120
Runs = list[dict[str, Any]]
Place = dict[str, str]


async def test_the_live_view_moves_when_a_run_arrives(
    visitor: Visitor, workspace: str, address: str
) -> None:
    await visitor.enter(workspace, "live")
    await expect(visitor.page.locator("[data-live=open]")).to_be_visible()
    assert await visitor.tile("Executions in an hour") == "0"
    now = datetime.now(UTC).isoformat()
    run = {
        "executionId": "r",
        "agentId": "a",
        "status": "EXECUTION_STATUS_FAILED",
        "startTime": now,
        "endTime": now,
    }
    bearer = {"authorization": f"Bearer {visitor.keys.token(workspace)}"}
    async with httpx.AsyncClient(base_url=address, headers=bearer, trust_env=False) as client:
        answer = await client.post(
            f"/v1/workspaces/{workspace}/executions:batch", json={"executions": [run]}
        )
    assert answer.status_code == 200
    tiles = visitor.page.locator(".tile .value")
    await expect(tiles.nth(0)).to_have_text("1", timeout=3_000)
    assert await visitor.tile("Failed") == "1"


async def test_what_is_explored_stands_in_the_address_and_can_be_copied(
    visitor: Visitor, runs: Runs, span: Place, keys: Any, tmp_path: Path
) -> None:
    await visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.enter(WORKSPACE, "explorer", **span)
    await visitor.page.get_by_label("Group by").select_option("agent")
    await visitor.page.get_by_label("Bucket").select_option("none")
    await visitor.page.get_by_label("Only agents").fill("html, support")
    await visitor.page.get_by_label("Only agents").press("Enter")
    await expect(
        visitor.page.get_by_role("table", name="Values").locator("tbody tr")
    ).to_have_count(2)
    rows = (
        await visitor.page.get_by_role("table", name="Values").locator("tbody tr").all_inner_texts()
    )
    told = {row.split("\t")[0]: int(row.split("\t")[2]) for row in rows}
    assert told == {
        agent: sum(run["agentId"] == agent for run in runs) for agent in ("html", "support")
    }
    assert "group=agent" in visitor.page.url
    await visitor.page.reload()
    await expect(visitor.page.get_by_label("Only agents")).to_have_value("html, support")
    environment = {**os.environ, "TOKEN": keys.token(WORKSPACE), "NO_PROXY": "127.0.0.1"}
    for name in ("curl", "Python"):
        await visitor.page.get_by_role("button", name=f"Copy as {name}").click()
        await expect(visitor.page.locator(".said")).to_contain_text(f"{name}: copied")
        text = await visitor.page.evaluate("navigator.clipboard.readText()")
        program = [sys.executable, "-c", text] if name == "Python" else ["sh", "-c", text]
        said = await _run(program, environment)
        assert all(str(number) in said for number in told.values()), said


async def _run(program: list[str], environment: dict[str, str]) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *program, env=environment, stdout=pipe, stderr=pipe
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, f"{shlex.join(program)}: {out.decode()}{err.decode()}"
    return out.decode()


async def test_a_rule_is_tried_made_silenced_and_deleted(visitor: Visitor, workspace: str) -> None:
    page = visitor.page
    await visitor.enter(workspace, "alerts")
    await page.get_by_label("Name").fill("Too few succeed")
    await page.get_by_label("Threshold").fill("0.9")
    await page.get_by_label("Condition").select_option(label="is below")
    await page.get_by_role("button", name="What would it have told?").click()
    await expect(page.get_by_text("raised 0 alerts")).to_be_visible()
    await page.get_by_role("button", name="Make the rule").click()
    await page.get_by_role("button", name="Silence for 1 h Too few succeed").click()
    await expect(page.get_by_role("table", name="Silences")).to_contain_text("too-few-succeed")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Delete Too few succeed").click()
    await expect(page.get_by_text("There is no rule yet")).to_be_visible()


async def test_a_key_is_shown_once(visitor: Visitor, workspace: str) -> None:
    await visitor.enter(workspace, "access")
    await visitor.page.get_by_label("Name").fill("Recorder")
    await visitor.page.get_by_role("button", name="Make a key").click()
    await expect(visitor.page.locator(".hints code")).to_contain_text("shk_")
    await visitor.page.reload()
    await expect(visitor.page.get_by_role("table", name="API keys")).to_contain_text("Recorder")
    assert await visitor.page.locator(".hints").count() == 0


async def test_the_ledger_is_balanced(visitor: Visitor, runs: Runs, span: Place) -> None:
    await visitor.enter(WORKSPACE, "ingestion", zone="UTC", range="24h")
    assert await visitor.tile("Stored") == str(len(runs))
    await visitor.page.get_by_role("button", name="Count the facts anew").click()
    await expect(visitor.page.get_by_text("The recount equals the ledger.")).to_be_visible()


async def test_by_keyboard_alone(visitor: Visitor, runs: Runs, span: Place) -> None:
    await visitor.enter(WORKSPACE, **span)
    await visitor.page.keyboard.press("Tab")
    await expect(visitor.page.get_by_text("To the content")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator("main")).to_be_focused()
    agents = visitor.page.get_by_role("link", name="Agents", exact=True)
    await agents.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator(".board")).to_be_visible()
    by_cost = visitor.page.get_by_role("button", name="Cost")
    await by_cost.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.get_by_label("Agents by cost")).to_be_visible()
    await expect(by_cost).to_be_focused()
    await visitor.go(WORKSPACE, "explorer", **span)
    group = visitor.page.get_by_label("Group by")
    await group.focus()
    await group.select_option("model")
    await expect(visitor.page).to_have_url(re.compile("group=model"))
    await visitor.settled()
    await expect(group).to_be_focused()


async def test_the_client_in_node(address: str, keys: Any, workspace: str) -> None:
    environment = {
        **os.environ,
        "SHADOWER_ADDRESS": address,
        "SHADOWER_TOKEN": keys.token(workspace),
        "SHADOWER_WORKSPACE": workspace,
        "PYTHONPATH": f"{ROOT}",
    }
    folder = "client/typescript/test"
    program = [
        sys.executable,
        "-m",
        "tools.node",
        "node",
        "--conditions=shadower-source",
        "--test",
        "--test-reporter=tap",
        f"{ROOT / folder}/*.test.ts",
        f"{ROOT}/console/test/*.test.ts",
    ]
    said = await _run(program, environment)
    assert "# fail 0" in said
    assert "# skipped 0" in said
