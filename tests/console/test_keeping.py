"""What somebody has begun on a page stays what they began, whatever comes or goes meanwhile."""

import uuid

import psycopg
from playwright.async_api import expect

from tests.support.console import Visitor
from tests.support.stack import Stack


def file_letter(url: str, workspace: str, message: str) -> None:
    """A dead letter, the newest of its workspace."""
    filing = """
        insert into shadower.dead_letters
            (workspace_id, dead_letter_id, source, position, reason, message, payload)
        values (%s, %s, 'bus', (select count(*) from shadower.dead_letters), 'RECORD_MALFORMED', %s, '')
    """
    with psycopg.connect(url) as connection:
        connection.execute(filing, [workspace, uuid.uuid4(), message])


async def test_a_reason_stays_beside_its_letter_when_another_comes(
    visitor: Visitor, workspace: str, stack: Stack
) -> None:
    page = visitor.page
    file_letter(stack.database_url, workspace, "the first")
    await visitor.enter(workspace, "ingestion")
    rows = page.get_by_role("table", name="Dead letters").locator("tbody tr")
    await rows.get_by_label("Why it is dropped").fill("of no use")
    file_letter(stack.database_url, workspace, "the second")
    # Whatever was asked for is asked for again.
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("the second")
    reasons = rows.get_by_label("Why it is dropped")
    assert [await one.input_value() for one in await reasons.all()] == ["", "of no use"]
