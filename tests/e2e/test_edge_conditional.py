"""Answers that a caller has already are not sent again: ETag and If-None-Match over REST."""

import asyncio
from typing import Any

import httpx
import pytest
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from tests.e2e.conftest import WholeWay

START, END = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
SPAN = {"interval.startTime": START, "interval.endTime": END}
READS: dict[str, dict[str, str]] = {
    "metrics": {"metrics": "executions", "granularity": "GRANULARITY_DAY"},
    "summary": {},
    "agents": {},
    "agents/a/performance": {},
}
OTHER = f'"{"0" * 32}.{"0" * 8}"'
AGGREGATION = {"field": "FIELD_EXECUTION", "function": "FUNCTION_COUNT"}
PLAIN = {"accept-encoding": "identity"}


async def record(way: WholeWay, workspace: str, number: int) -> None:
    run = {
        "executionId": str(number),
        "agentId": "a",
        "status": "EXECUTION_STATUS_SUCCEEDED",
        "startTime": "2026-01-02T00:00:00Z",
        "endTime": "2026-01-02T00:00:01Z",
    }
    path = f"/v1/workspaces/{workspace}/executions:batch"
    answer = await way.http.post(path, json={"executions": [run]}, headers=way.bearer(workspace))
    assert answer.status_code == 200, answer.text


async def read(way: WholeWay, workspace: str, what: str, **headers: Any) -> httpx.Response:
    told = {**way.bearer(workspace), **PLAIN, **headers}
    path = f"/v1/workspaces/{workspace}/{what}"
    return await way.http.get(path, params={**READS[what], **SPAN}, headers=told)


def condition(value: str) -> dict[str, str]:
    return {"if-none-match": value}


@pytest.mark.parametrize("what", READS)
async def test_an_answer_is_sent_again_only_if_it_has_changed(
    whole_way: WholeWay, workspace: str, what: str
) -> None:
    await record(whole_way, workspace, 1)
    first = await read(whole_way, workspace, what)
    assert first.status_code == 200
    tag = first.headers["etag"]
    assert tag.startswith('"')
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"].lower() == "accept-encoding"
    same = await read(whole_way, workspace, what, **condition(tag))
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert same.headers["cache-control"] == "private, no-cache"
    assert same.headers["vary"].lower() == "accept-encoding"
    again = await read(whole_way, workspace, what)
    assert (again.headers["etag"], again.content) == (tag, first.content)
    await record(whole_way, workspace, 2)
    changed = await read(whole_way, workspace, what, **condition(tag))
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert changed.content != first.content


async def test_every_way_of_naming_what_is_known(whole_way: WholeWay, workspace: str) -> None:
    await record(whole_way, workspace, 1)
    first = await read(whole_way, workspace, "summary")
    tag = first.headers["etag"]
    of_another_contract = f'{tag[:34]}{"0" * 8}"'
    for known, status in {
        "*": 304,
        tag: 304,
        f"W/{tag}": 304,
        f"{OTHER}, {tag}": 304,
        f'"somebody-elses",W/"a,b" , W/{tag},{OTHER}': 304,
        OTHER: 200,
        "": 200,
        '"*"': 200,
        tag.strip('"'): 200,
        tag.upper(): 200,
        f"{tag[:-2]}": 200,
        of_another_contract: 200,
    }.items():
        answer = await read(whole_way, workspace, "summary", **condition(known))
        assert (known, answer.status_code) == (known, status)
        assert answer.content == (b"" if status == 304 else first.content)
        assert answer.headers["etag"] == tag
    told = [*whole_way.bearer(workspace).items(), *PLAIN.items()]
    twice = [("if-none-match", OTHER), ("if-none-match", tag)]
    path = f"/v1/workspaces/{workspace}/summary"
    answer = await whole_way.http.get(path, params=SPAN, headers=[*told, *twice])
    assert answer.status_code == 304


async def test_what_is_left_out_ends_with_its_head(whole_way: WholeWay, workspace: str) -> None:
    """The next answer on the same connection begins right behind it."""
    authorization = whole_way.bearer(workspace)["authorization"]
    told = f"host: localhost\r\nauthorization: {authorization}\r\nif-none-match: *\r\n"
    asked = [
        f"GET /v1/workspaces/{workspace}/summary HTTP/1.1\r\n{told}{end}\r\n".encode()
        for end in ("", "connection: close\r\n")
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", whole_way.port)
    writer.write(b"".join(asked))
    heard = await reader.read(-1)
    writer.close()
    first, second, nothing = heard.split(b"\r\n\r\n")
    assert nothing == b""
    for head in (first, second):
        assert head.startswith(b"HTTP/1.1 304 Not Modified\r\n")
        for name in (b"content-length", b"content-type", b"transfer-encoding", b"content-encoding"):
            assert b"\r\n%b:" % name not in head


async def test_each_coding_has_a_tag_of_its_own(whole_way: WholeWay, workspace: str) -> None:
    """What is compressed need not be the same bytes twice, so that its tag is weak."""
    await record(whole_way, workspace, 1)
    plain = await read(whole_way, workspace, "summary")
    tags = {"identity": plain.headers["etag"]}
    for coding in ("br", "gzip"):
        answer = await read(whole_way, workspace, "summary", **{"accept-encoding": coding})
        assert answer.headers["content-encoding"] == coding
        assert answer.content == plain.content
        assert answer.headers["etag"] == f'W/{plain.headers["etag"][:-1]}-{coding}"'
        assert answer.headers["vary"].lower() == "accept-encoding"
        tags[coding] = answer.headers["etag"]
    for accepted, fresh in {
        "br": {"identity", "br"},
        "gzip": {"identity", "gzip"},
        "gzip, br;q=0": {"identity", "gzip"},
        "br;q=0.5, *;q=0": {"identity", "br"},
        "*": {"identity", "br", "gzip"},
        "identity": {"identity"},
    }.items():
        for coding, tag in tags.items():
            headers = {"accept-encoding": accepted, **condition(tag)}
            answer = await read(whole_way, workspace, "summary", **headers)
            expected = 304 if coding in fresh else 200
            assert (accepted, coding, answer.status_code) == (accepted, coding, expected)
            if expected == 304:
                assert answer.headers["etag"] == tag
                assert "content-encoding" not in answer.headers


async def test_what_is_known_of_one_workspace_is_nothing_to_another(
    whole_way: WholeWay, workspace: str
) -> None:
    """Nobody is told that somebody else has the same: not even where answers are alike."""
    other = f"{workspace}-other"
    for one in (workspace, other):
        await record(whole_way, one, 1)
    for what, asked in READS.items():
        tag = (await read(whole_way, other, what)).headers["etag"]
        assert (await read(whole_way, workspace, what, **condition(tag))).status_code == 200
        path = f"/v1/workspaces/{other}/{what}"
        for known in ("*", tag):
            stranger = {**whole_way.bearer(workspace), **condition(known)}
            params = {**asked, **SPAN}
            denied = await whole_way.http.get(path, params=params, headers=stranger)
            assert denied.status_code == 403
            assert "etag" not in denied.headers
            nobody = await whole_way.http.get(path, params=params, headers=condition(known))
            assert nobody.status_code == 401


async def test_what_is_no_good_answer_has_no_tag(whole_way: WholeWay, workspace: str) -> None:
    headers = {**whole_way.bearer(workspace), **condition("*")}
    path = f"/v1/workspaces/{workspace}"
    wrong = await whole_way.http.get(f"{path}/summary?timeZone=Mars/Olympus", headers=headers)
    unknown = await whole_way.http.get(f"{path}/nothing", headers=headers)
    posted = await whole_way.http.post(
        f"{path}/aggregates:calculate",
        json={"aggregations": [AGGREGATION], "interval": {"startTime": START, "endTime": END}},
        headers=headers,
    )
    uncached = await whole_way.http.get(f"{path}/metricDescriptors", headers=headers)
    answers = (wrong, unknown, posted, uncached)
    assert [one.status_code for one in answers] == [400, 404, 200, 200], posted.text
    for answer in answers:
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content


async def test_grpc_knows_nothing_of_it(whole_way: WholeWay, workspace: str) -> None:
    """Neither does whoever claims to be the edge."""
    await record(whole_way, workspace, 1)
    metadata = [*whole_way.keys.metadata(workspace), ("x-shadower-has", "*")]
    call = whole_way.stubs.workspaces.GetWorkspaceSummary(
        GetWorkspaceSummaryRequest(workspace_id=workspace), metadata=metadata
    )
    assert (await call).HasField("summary")
    told = [*await call.initial_metadata(), *await call.trailing_metadata()]
    assert not [key for key, _ in told if key.startswith("x-shadower")]
    headers = {**whole_way.bearer(workspace), "x-shadower-has": "*"}
    path = f"/v1/workspaces/{workspace}/summary"
    answer = await whole_way.http.get(path, headers=headers)
    assert answer.status_code == 200
    assert not [key for key in answer.headers if key.startswith("x-shadower")]
