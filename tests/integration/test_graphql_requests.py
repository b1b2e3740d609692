"""What GraphQL takes for a request, and what is too large for one."""

import asyncio

import pytest

from tests.support.graphql import error_of
from tests.support.keys import KeyRing
from tests.support.runs import Client
from tests.support.web import Web


def bombs() -> dict[str, tuple[str, str]]:
    """By name: an operation, and the measure by which it is refused."""
    deep = "{".join(['agents(workspaceId: "w")', *(["agents"] * 20), "agentId"]) + "}" * 21
    nested = "".join(f"fragment f{n} on Query {{...f{n + 1} ...f{n + 1}}} " for n in range(40))
    spread = "".join(
        f"fragment f{n} on ListAgentsResponse "
        f"{{agents {{performance {{agentId}}}} ...f{n + 1} ...f{n + 1}}} "
        for n in range(20)
    )
    performance = "agents {performance {agentId}}"
    return {
        "aliases": ("{" + " ".join(f"a{n}: __typename" for n in range(40)) + "}", "aliases"),
        "aliases in fragments": (
            "{" + "...f " * 20 + "} fragment f on Query {a: __typename b: __typename}",
            "aliases",
        ),
        "depth": (f"{{{deep}}}", "depth"),
        "tokens": ("{" + " ".join(["__typename"] * 2000) + "}", "tokens"),
        "braces": ("{a" * 700 + "}" * 700, "depth"),
        "brackets": ("{a(b: " + "[" * 700 + "]" * 700 + ")}", "depth"),
        "calls": (f'{{agents(workspaceId: "w", pageSize: 500) {{{performance}}}}}', "cost"),
        "points": (
            '{metrics(workspaceId: "w", metrics: ["cost"], pageSize: 10000) '
            "{timeSeries {points {startTime value {integer real decimal}}}}}",
            "cost",
        ),
        "nested fragments": (
            "{...f0} " + nested + "fragment f40 on Query {a: __typename}",
            "aliases",
        ),
        "nested calls": (
            '{agents(workspaceId: "w") {...f0}} '
            + spread
            + "fragment f20 on ListAgentsResponse {nextPageToken}",
            "cost",
        ),
    }


@pytest.mark.parametrize("name", bombs())
async def test_bombs_do_not_go_off(web: Web, token: str, name: str) -> None:
    query, measure = bombs()[name]
    answer = await asyncio.wait_for(web.ask(token, query), 5)
    assert error_of(answer) == (400, "INVALID_ARGUMENT", "OPERATION_TOO_LARGE"), answer.text
    details = answer.json()["errors"][0]["extensions"]["details"]
    assert details[0]["metadata"]["measure"] == measure


async def test_a_variable_counts_as_what_it_is(web: Web, client: Client, token: str) -> None:
    query = """query($w: String!, $size: Int = 500) {
        agents(workspaceId: $w, pageSize: $size) {agents {performance {agentId}}}
    }"""
    assert error_of(await web.ask(token, query, w=client.workspace))[2] == "OPERATION_TOO_LARGE"
    answer = await web.ask(token, query, w=client.workspace, size=5)
    assert answer.json() == {"data": {"agents": {"agents": []}}}


async def test_a_megabyte_is_refused(web: Web, token: str) -> None:
    answer = await web.ask(token, "{__typename}" + " " * 2**20)
    assert error_of(answer) == (400, "INVALID_ARGUMENT", "MESSAGE_TOO_LARGE")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"query": "{__typename}"}', "text/plain"),
        (b'{"query": "{__typename}"}', "application/x-www-form-urlencoded"),
        (b'{"query": "{__typename}"}', "multipart/form-data; boundary=x"),
        (b'{"query": "{__typename}"}', ""),
        (b"{__typename}", "application/json"),
        (b'[{"query": "{__typename}"}, {"query": "{__typename}"}]', "application/json"),
        (b'{"query": 7}', "application/json"),
        (b'{"query": "{__typename}", "variables": []}', "application/json"),
        (b'{"query": "{__typename}", "operationName": {}}', "application/json"),
        (b"[" * 5000, "application/json"),
        (b"\xff", "application/json"),
        (b"", "application/json"),
    ],
)
async def test_only_one_query_as_json_is_a_request(
    web: Web, token: str, body: bytes, content_type: str
) -> None:
    headers = {"authorization": f"Bearer {token}", "content-type": content_type}
    answer = await web.http.post("/graphql", content=body, headers=headers)
    assert error_of(answer) == (400, "INVALID_ARGUMENT", "OPERATION_INVALID")


async def test_a_query_in_the_address_is_none(web: Web, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    answer = await web.http.get("/graphql?query={__typename}", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["details"][0]["reason"] == "EDGE_REFUSED"


async def test_nobody_asks_without_a_good_token(web: Web, keys: KeyRing) -> None:
    assert error_of(await web.ask(None, "{__typename}")) == (
        401,
        "UNAUTHENTICATED",
        "TOKEN_MISSING",
    )
    expired = keys.token("w", exp=1)
    assert error_of(await web.ask(expired, "{__typename}"))[2] == "TOKEN_EXPIRED"


async def test_the_callers_deadline_is_kept(web: Web, client: Client, token: str) -> None:
    content = {"query": f'{{priceTable(workspaceId: "{client.workspace}") {{version}}}}'}
    headers = {"authorization": f"Bearer {token}", "grpc-timeout": "1u"}
    answer = await web.http.post("/graphql", json=content, headers=headers)
    assert error_of(answer)[1:] == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")
