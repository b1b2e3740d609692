"""Two tenants on sockets of one process, while rows come in, and on one connection. What every RPC
answers by every protocol is tried in tests/tenancy."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.keys import KeyRing
from tests.support.runs import Client, run
from tests.support.stack import Stubs
from tests.support.web import Web

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
QUERY = """query($w: String!) {
    agents(workspaceId: $w) { agents { agentId performance { agentId models { model } } } }
    workspaceSummary(workspaceId: $w) { workspaceId topAgents { agentId } }
    metrics(workspaceId: $w, metrics: ["executions"], groupBy: [DIMENSION_AGENT, DIMENSION_MODEL]) {
        timeSeries { labels points { value { integer } } }
    }
    aggregates(workspaceId: $w, groupBy: [DIMENSION_AGENT], aggregations: [
        {field: FIELD_EXECUTION, function: FUNCTION_COUNT}]) { rows { labels } }
}"""


@pytest.fixture
async def tenants(stubs: Stubs, keys: KeyRing) -> list[Client]:
    """Every row of a tenant has its name in it."""
    clients = [Client.of_new_workspace(stubs, keys) for _ in range(2)]
    for client in clients:
        await client.record([_row(client, number) for number in range(20)])
    return clients


def _row(client: Client, number: int) -> dict[str, Any]:
    return run(
        f"run-{uuid4().hex}",
        NOW + timedelta(seconds=number),
        agent_id=f"agent-of-{client.workspace}-{number % 4}",
        model=f"model-of-{client.workspace}",
    )


def check(told: str, own: Client, others: list[Client]) -> None:
    assert own.workspace in told
    assert not [other.workspace for other in others if other.workspace in told]


async def test_streams_are_of_the_own_workspace(
    web: Web, tenants: list[Client], keys: KeyRing
) -> None:
    """The same question on sockets side by side, one of which goes away in the middle."""
    one, two = tenants
    await asyncio.gather(*(_follow(web, keys, *pair) for pair in [(one, two), (two, one)] * 4))


async def _follow(web: Web, keys: KeyRing, own: Client, other: Client) -> None:
    question = {"metrics": ["executions"], "groupBy": ["DIMENSION_AGENT"]}
    async with web.live(keys.token(own.workspace)) as socket:
        await socket.say("subscribe", id="own", request=question | {"workspaceId": own.workspace})
        await socket.say("subscribe", id="no", request=question | {"workspaceId": other.workspace})
        heard = [await socket.hear() for _ in range(2)]
        await own.record([_row(own, number) for number in range(20, 24)])
        heard.append(await socket.hear_of("next"))
    told = [one for one in heard if one["type"] == "next"]
    [error] = [one for one in heard if one["type"] == "error"]
    assert error["id"] == "no"
    assert error["status"]["details"][0]["reason"] == "WORKSPACE_DENIED"
    for message in told:
        check(json.dumps(message), own, [other])


@pytest.fixture
async def leaver(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=web.http.base_url) as client:
        yield client


async def test_a_token_is_used_for_its_own_request_only(
    web: Web, leaver: httpx.AsyncClient, tenants: list[Client], keys: KeyRing
) -> None:
    """On one connection, tokens change from request to request."""
    for own, other in (tenants, tenants[::-1]) * 3:
        headers = {"authorization": f"Bearer {keys.token(own.workspace)}"}
        content = {"query": QUERY, "variables": {"w": own.workspace}}
        answer = await leaver.post("/graphql", json=content, headers=headers)
        check(answer.text, own, [other])
