"""Reports behind the edge: what is downloaded by whom, and what a browser may do with it."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.conftest import WholeWay
from tests.support.keys import KeyRing
from tests.support.reports import HTML, JSON, Desk, definition
from tests.support.runs import run
from tests.support.stack import Stack

HOSTILE = "<script>fetch('/v1/workspaces')</script>"


@pytest.fixture
def desk(stack: Stack, keys: KeyRing) -> Desk:
    return Desk.of_new_workspace(stack, keys)


@pytest.fixture
async def report_id(desk: Desk) -> str:
    made = await desk.made(definition(title=HOSTILE, formats=[JSON, HTML]))
    return made.report_id


async def link_to(desk: Desk, report_id: str) -> tuple[Any, str]:
    """The link, and the path and query of its URL."""
    made = await desk.call("CreateReportLink", report_id=report_id)
    parts = urlsplit(made.url)
    return made.link, f"{parts.path}?{parts.query}"


def reason(reply: httpx.Response) -> str:
    return str(reply.json()["details"][0]["reason"])


async def test_a_report_is_downloaded_as_a_file(
    whole_way: WholeWay, desk: Desk, report_id: str
) -> None:
    path = f"/v1/workspaces/{desk.workspace}/reports/{report_id}:download"
    bearer = whole_way.bearer(desk.workspace)
    for name, number in (("JSON", JSON), ("HTML", HTML)):
        asked = f"{path}?format=REPORT_FORMAT_{name}"
        reply = await whole_way.http.get(asked, headers=bearer)
        media_type, content = await desk.download(report_id, number)
        assert (reply.status_code, reply.content) == (200, content)
        assert reply.headers["content-type"] == media_type
        extension = name.lower()
        assert reply.headers["content-disposition"] == (
            f'attachment; filename="{report_id}.{extension}"'
        )
        assert int(reply.headers["x-shadower-size"]) == len(content)
        assert reply.headers["x-shadower-sha256"] == hashlib.sha256(content).hexdigest()
    assert HOSTILE not in reply.text
    assert (await whole_way.http.get(path)).status_code == 401
    foreign = await whole_way.http.get(path, headers=whole_way.bearer("w-other"))
    assert reason(foreign) == "WORKSPACE_DENIED"


async def test_a_link_lets_in_without_a_token_until_it_is_taken_back(
    whole_way: WholeWay, desk: Desk, report_id: str
) -> None:
    link, path = await link_to(desk, report_id)
    reply = await whole_way.http.get(f"{path}&format=REPORT_FORMAT_HTML")
    assert (reply.status_code, reply.content) == (200, (await desk.download(report_id, HTML))[1])
    # What a browser is told: save it, run nothing, remember nothing, tell nobody.
    assert reply.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in reply.headers["content-security-policy"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"
    await desk.call("RevokeReportLink", link_id=link.link_id)
    reply = await whole_way.http.get(path)
    assert (reply.status_code, reason(reply)) == (403, "REPORT_LINK_INVALID")


async def test_no_other_secret_and_no_other_time_lets_in(
    whole_way: WholeWay, desk: Desk, report_id: str
) -> None:
    link, path = await link_to(desk, report_id)
    bare, _, secret = path.partition("?secret=")
    other = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    elsewhere = path.replace(desk.workspace, "w-elsewhere")
    for wrong in (f"{bare}?secret={other}", elsewhere, path.replace(link.link_id, "0" * 24)):
        reply = await whole_way.http.get(wrong)
        assert (reply.status_code, reason(reply)) == (403, "REPORT_LINK_INVALID"), wrong
    assert (await whole_way.http.get(bare)).status_code == 400
    # The way without a token leads to this one RPC.
    for closed in (f"{bare}:revoke?secret={secret}", f"{bare}/?secret={secret}"):
        assert (await whole_way.http.post(closed, json={})).status_code in (401, 404), closed
    desk.by_sql(
        "update shadower.report_links set expires_at = now() where link_id = %s", link.link_id
    )
    assert (await whole_way.http.get(path)).status_code == 403


async def test_a_link_to_what_is_deleted_leads_nowhere(
    whole_way: WholeWay, desk: Desk, report_id: str
) -> None:
    _, path = await link_to(desk, report_id)
    await desk.call("DeleteReport", report_id=report_id)
    assert (await whole_way.http.get(path)).status_code == 403


async def test_a_link_is_opened_so_often_and_the_audit_log_tells(
    whole_way: WholeWay, desk: Desk, report_id: str
) -> None:
    # Of a workspace that nobody has recorded anything in, strangers may have invented the name.
    await desk.client.record([run("r", datetime(2026, 3, 1, tzinfo=UTC))])
    link, path = await link_to(desk, report_id)
    # Not at the end of a minute, which is counted by itself.
    await asyncio.sleep(max(0, datetime.now(UTC).second - 50))
    assert (await whole_way.http.get(path)).status_code == 200
    desk.by_sql(
        "update shadower.report_links set opened_in_minute = 60,"
        " minute = date_trunc('minute', now()) where link_id = %s",
        link.link_id,
    )
    reply = await whole_way.http.get(path)
    assert (reply.status_code, reason(reply)) == (429, "REPORT_LINK_BUSY")
    rows = await _audited(desk, 2)
    assert [(row[0], row[1]["linkId"]) for row in rows] == [
        ("", link.link_id),
        ("REPORT_LINK_BUSY", link.link_id),
    ]
    assert rows[0][1]["reportId"] == report_id
    assert "secret" not in str(rows)


async def _audited(desk: Desk, count: int) -> list[Any]:
    """What is refused is written a moment later."""
    async with asyncio.timeout(10):
        while True:
            rows = desk.by_sql(
                "select reason, facts from shadower.audit_entries where workspace_id = %s"
                " and rpc like '%%/OpenReportLink' order by occurred_at",
                desk.workspace,
            )
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.1)
