"""Requests that no client means to send: refused in the one shape, by a status that says why."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import grpc
import httpx
import psycopg
import pytest
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from tests.e2e.conftest import WholeWay
from tests.e2e.test_whole_way import EVENT, RUN
from tests.support.errors import refused
from tests.support.stack import Stack

ODD_NAMES = ["a b", "ü", "\n", "a\nb", "\x7f", "-a", "*", "a:b", "{x}", "x" * 65, "\U0001f469"]

# Of names in paths: as they are sent, and what they are answered with.
PATHS = {
    "..": 404,
    "%2e%2e": 404,
    ".": 404,
    "%2e": 404,
    "": 404,
    "a/b": 404,
    "a%2Fb": 400,
    "a%5Cb": 400,
    "%00": 400,
    "a%00b": 400,
    "%ff": 400,
    "%ED%A0%80": 400,
    "%E2%80%AE": 403,
    "%25": 403,
    "a;b": 403,
    "x" * 5_000: 403,
}

RUN_TEXT = json.dumps(RUN)[:-1]
# Each is sent as the only item of a batch, or as the whole body if it is no object.
ITEMS = {
    "repeated key of a map": ', "metadata": {"a": "1", "a": "2"}}',
    "a number beyond 64 bits": f', "inputTokens": {2**63}}}',
    "a text beyond 64 bits": f', "inputTokens": "{2**63}"}}',
    "a number far beyond": ', "inputTokens": 1e30}',
    "a number of many digits": f', "inputTokens": {"9" * 5_000}}}',
    "least 64 bits and one": f', "inputTokens": {-(2**63) - 1}}}',
    "half a token": ', "inputTokens": 1.5}',
    "beyond 32 bits": f', "userRating": {2**31}}}',
    "an enum beyond 32 bits": f', "status": {2**40}}}',
    "a year of five digits": ', "startTime": "99999-01-01T00:00:00Z"}',
    "half a pair": ', "agentName": "\\ud800"}',
    "NUL": ', "agentId": "a\\u0000"}',
}
BODIES = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "cut off": b'{"executions": [',
    "two": b"{}{}",
    "a comment": b"{/* */}",
    "a mark of order": "\ufeff{}".encode(),
    "another encoding": '{"executions": []}'.encode("utf-16"),
    "no text": b'{"executions": "\xff"}',
    "deep, and open": b'{"executions":' + b"[" * 100_000,
    "deep, and closed": b'{"executions":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "deep, and unknown": b'{"nope":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    "a form": b"executions=1&a=b",
    "parts": b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
    "markup": b"<executions/>",
}
TYPES = ("text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense")
QUERIES = (
    f"pageSize={2**31}",
    f"pageSize={2**63}",
    "pageSize=1e3",
    "pageSize=",
    "orderBy=99",
    "maxStaleness=1e400s",
    f"maxStaleness={2**63 - 1}s",
    "interval.startTime=1",
    "ascending=maybe",
    "filter=1",
    "filter.agentIds=%00",
    "filter.agentIds=%ff",
    f"pageToken={'x' * 20_000}",
)


def is_refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"code", "message", "details"}
    assert "ErrorInfo" in answer.json()["details"][0]["@type"]


def path_of(way: WholeWay, path: str) -> httpx.URL:
    """As it is written, which httpx would put in order."""
    return httpx.URL(str(way.http.base_url)).copy_with(raw_path=path.encode())


async def posted(
    way: WholeWay, workspace: str, body: bytes, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    said = way.bearer(workspace) | {"content-type": "application/json"} | dict(headers or {})
    path = f"/v1/workspaces/{workspace}/executions:batch"
    return await way.http.post(path, content=body, headers=said)


def stored(stack: Stack, workspace: str) -> int:
    count = "select count(*) from shadower.executions where workspace_id = %s"
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(count, [workspace]).fetchall()[0][0]


@pytest.mark.parametrize("length", [20_000, 64_000])
async def test_a_token_of_64_kb_is_answered(
    whole_way: WholeWay, workspace: str, length: int
) -> None:
    """It is signed, and refused by its length alone."""
    bare = len(whole_way.keys.token(workspace))
    token = whole_way.keys.token(workspace, filler="x" * ((length - bare) * 3 // 4))
    assert length - 100 < len(token) <= length + 100
    bearer = {"authorization": f"Bearer {token}"}
    answer = await whole_way.http.get(f"/v1/workspaces/{workspace}/summary", headers=bearer)
    is_refused(answer, 401)
    assert answer.json()["details"][0]["metadata"] == {"check": "length"}
    call = whole_way.stubs.workspaces.GetWorkspaceSummary(
        GetWorkspaceSummaryRequest(workspace_id=workspace), metadata=tuple(bearer.items())
    )
    found = await refused(call)
    assert (found.code, found.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


async def test_headers_of_100_kb_are_too_large(whole_way: WholeWay, workspace: str) -> None:
    bearer = {"authorization": "Bearer " + "e30." * 25_000}
    answer = await whole_way.http.get(f"/v1/workspaces/{workspace}/summary", headers=bearer)
    is_refused(answer, 431)


@pytest.mark.parametrize("name", PATHS)
async def test_an_odd_name_in_a_path(whole_way: WholeWay, workspace: str, name: str) -> None:
    for path in (f"/v1/workspaces/{name}/summary", f"/v1/workspaces/{name}/metrics?metrics=a"):
        answer = await whole_way.http.get(
            path_of(whole_way, path), headers=whole_way.bearer(workspace)
        )
        is_refused(answer, PATHS[name])


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_an_odd_name_is_refused_also_to_those_whose_token_has_it(
    whole_way: WholeWay, stack: Stack, name: str
) -> None:
    url = f"/v1/workspaces/{quote(name, safe='')}/events:batch"
    answer = await whole_way.http.post(
        path_of(whole_way, url), json={"events": [EVENT]}, headers=whole_way.bearer(name)
    )
    is_refused(answer, 400)
    assert answer.json()["details"][0]["reason"] == "VALIDATION_FAILED"
    assert stored(stack, name) == 0


@pytest.mark.parametrize("what", ITEMS)
async def test_an_item_that_cannot_be(
    whole_way: WholeWay, stack: Stack, workspace: str, what: str
) -> None:
    body = f'{{"executions": [{RUN_TEXT}{ITEMS[what]}]}}'
    is_refused(await posted(whole_way, workspace, body.encode()), 400)
    assert stored(stack, workspace) == 0


@pytest.mark.parametrize("content_type", ["application/json", *TYPES])
@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_is_no_request_whatever_it_calls_itself(
    whole_way: WholeWay, stack: Stack, workspace: str, what: str, content_type: str
) -> None:
    said = {"content-type": content_type}
    is_refused(await posted(whole_way, workspace, BODIES[what], said), 400)
    assert stored(stack, workspace) == 0


async def test_json_by_another_name_is_json(whole_way: WholeWay, workspace: str) -> None:
    """A token is sent by those who mean it only: there is nothing to forge by a form."""
    body = json.dumps({"executions": [RUN]}).encode()
    for content_type in TYPES:
        answer = await posted(whole_way, workspace, body, {"content-type": content_type})
        assert answer.status_code == 200, answer.text
        assert answer.json()["counts"]["rejected"] == 0


@pytest.mark.parametrize("content_type", ["application/grpc-web", "application/grpc-web-text"])
async def test_what_calls_itself_grpc_has_no_path_of_json(
    whole_way: WholeWay, stack: Stack, workspace: str, content_type: str
) -> None:
    body = json.dumps({"executions": [RUN]}).encode()
    answer = await posted(whole_way, workspace, body, {"content-type": content_type})
    assert answer.status_code == 404
    assert stored(stack, workspace) == 0


async def test_a_key_that_comes_twice_counts_as_in_protobuf(
    whole_way: WholeWay, stack: Stack, workspace: str
) -> None:
    """The last of two values counts, lists go on; and no workspace but that of the path."""
    first, second = ({**RUN, "executionId": name} for name in ("first", "second"))
    twice = (
        f'{{"workspaceId": "{workspace}",'
        f'"executions": [{json.dumps(first)[:-1]}, "agentId": "z"}}],'
        f'"executions": [{json.dumps(second)}], "workspaceId": "other"}}'
    )
    answer = await posted(whole_way, workspace, twice.encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["stored"] == 2
    query = "select agent_id from shadower.executions where workspace_id = %s order by execution_id"
    with psycopg.connect(stack.database_url) as connection:
        found = connection.execute(query, [workspace]).fetchall()
    assert found == [("z",), (RUN["agentId"],)]
    assert stored(stack, "other") == 0


@pytest.mark.parametrize(("depth", "status"), [(30, 200), (40, 400), (99, 400), (20_000, 400)])
async def test_an_event_is_as_deep_as_can_be_read_again(
    whole_way: WholeWay, workspace: str, depth: int, status: int
) -> None:
    data = '{"a":' * depth + "1" + "}" * depth
    event: Any = f'{json.dumps(EVENT)[:-1]}, "data": {data}}}'
    answer = await whole_way.http.post(
        f"/v1/workspaces/{workspace}/events:batch",
        content=f'{{"events": [{event}]}}'.encode(),
        headers=whole_way.bearer(workspace),
    )
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_that_cannot_be(whole_way: WholeWay, workspace: str, query: str) -> None:
    answer = await whole_way.http.get(
        path_of(whole_way, f"/v1/workspaces/{workspace}/agents?{query}"),
        headers=whole_way.bearer(workspace),
    )
    is_refused(answer, 400)
