"""The page of a workspace in which more agents ran than anybody could look at."""

from datetime import datetime

import psycopg
import pytest
from playwright.async_api import expect

from services.warehouse.queries.agents import MOST_RANKED
from tests.console.conftest import END, START
from tests.support.console import Visitor
from tests.support.stack import Stack
from tools.history import History, make_history

WORKSPACE = "crowded"
COUNTED = """
select count(distinct agent_id) from shadower.executions
where workspace_id = %s and started_at >= %s and started_at < %s
"""


@pytest.fixture(scope="module")
async def agents(stack: Stack) -> int:
    """How many ran in the time that is shown."""
    facts = {"executions": 2 * MOST_RANKED}
    history = History((WORKSPACE,), START, END, facts, crowd=MOST_RANKED)
    await make_history(stack.database_url, history)
    return _counted(stack, START, END)


def _counted(stack: Stack, start: datetime, end: datetime) -> int:
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(COUNTED, [WORKSPACE, start, end]).fetchone()
    assert row is not None
    return int(row[0])


async def test_what_is_left_out_is_said(
    visitor: Visitor, agents: int, span: dict[str, str]
) -> None:
    assert agents > MOST_RANKED
    await visitor.enter(WORKSPACE, **span)
    assert await visitor.tile("Active agents") == f"{agents:,}"
    await visitor.go(WORKSPACE, "agents", **span)
    rows = visitor.page.locator(".board .body [role=row]")
    await expect(visitor.page.get_by_text("500+ agents")).to_be_visible()
    await visitor.go(WORKSPACE, "explorer", group="agent", bucket="none", **span)
    await expect(visitor.page.get_by_text("There are more groups than these")).to_be_visible()
    await visitor.go(WORKSPACE, "agents", by="p95", **span)
    await expect(visitor.page.get_by_role("alert")).to_contain_text("There is too much of it")
    await visitor.page.get_by_role("button", name="Cost").click()
    await expect(rows.first).to_be_visible()
