"""WebSocket and GraphQL through the edge, with the mesh listener between them and the services."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from shadower.common.v1 import limit_class_pb2
from shadower.limits.v1 import limit_pb2
from shadower.limits.v1 import limits_service_pb2 as limits
from websockets import Subprotocol
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cli.edge.model import WEB, EdgeModel, Issuer, Upstream
from tests.support.edge import Edge, Keys, running_edge
from tests.support.edge_calls import assert_refused
from tests.support.keys import AUDIENCE, ISSUER, KeyRing
from tests.support.scraping import scraped
from tests.support.stack import SERVICES, Stack
from tests.support.waiting import until
from tests.support.web import LIVE, Socket, running_web

SUMMARY = "query($w: String!) { workspaceSummary(workspaceId: $w) { workspaceId } }"


@pytest.fixture(scope="module")
async def edge(
    stack: Stack, keys: KeyRing, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    folder = tmp_path_factory.mktemp("web")
    mesh = folder / "mesh.sock"
    async with running_web(f"unix:{mesh}", keys, jwks_file, folder) as web:
        model = EdgeModel(
            upstreams=tuple(
                Upstream(SERVICES[name], (one.address,)) for name, one in stack.running.items()
            ),
            web=Upstream(WEB, (web.address,)),
            mesh=f"unix:{mesh}",
            issuers=(Issuer(ISSUER, AUDIENCE, jwks_file),),
            descriptor=folder / "contract.binpb",
        )
        async with running_edge(folder, model, Keys()) as edge:
            await until(lambda: _serves(edge, keys))
            yield edge


async def _serves(edge: Edge, keys: KeyRing) -> bool:
    return (await asked(edge, keys.token("w"), "w")).status_code == 200


async def asked(edge: Edge, token: str | None, workspace: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    content = {"query": SUMMARY, "variables": {"w": workspace}}
    return await edge.anonymous.post("/graphql", json=content, headers=headers)


def connected(edge: Edge, **more: Any) -> Any:
    uri = f"ws://127.0.0.1:{edge.model.port}/v1/live"
    return connect(uri, subprotocols=[Subprotocol(LIVE)], proxy=None, **more)


async def test_graphql_is_asked_by_the_edge_s_rules(
    edge: Edge, keys: KeyRing, workspace: str
) -> None:
    found = (await asked(edge, keys.token(workspace), workspace)).json()
    assert found == {"data": {"workspaceSummary": {"workspaceId": workspace}}}
    denied = (await asked(edge, keys.token("other"), workspace)).json()
    assert denied["errors"][0]["extensions"]["reason"] == "WORKSPACE_DENIED"
    assert_refused(await asked(edge, None, workspace), 401, 16, "TOKEN_MISSING")
    assert_refused(await asked(edge, "nonsense", workspace), 401, 16, "TOKEN_INVALID")


async def test_a_socket_brings_its_token_before_or_after_it_opens(
    edge: Edge, keys: KeyRing, workspace: str
) -> None:
    token = keys.token(workspace)
    question = {"workspaceId": workspace, "metrics": ["executions"]}
    for headers, first in (({}, {"token": token}), ({"authorization": f"Bearer {token}"}, {})):
        async with connected(edge, additional_headers=headers) as connection:
            socket = Socket(connection)
            await socket.say("connection_init", **first)
            assert (await socket.hear())["type"] == "connection_ack"
            await socket.say("subscribe", id="a", request=question)
            assert "snapshot" in (await socket.hear())["response"]


async def test_a_socket_by_a_bad_token_is_not_opened(edge: Edge) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connected(edge, additional_headers={"authorization": "Bearer nonsense"}):
            pass
    assert refused.value.response.status_code == 401


async def test_what_graphql_asks_is_charged_as_the_rpc_that_it_leads_to(
    edge: Edge, stack: Stack, keys: KeyRing, workspace: str
) -> None:
    request = limits.UpdateLimitRequest(
        workspace_id=workspace,
        limit_class=limit_class_pb2.LIMIT_CLASS_DASHBOARDS,
        scope=limit_pb2.LIMIT_SCOPE_WORKSPACE,
        amount=2,
    )
    request.period.FromSeconds(3600)
    operator = keys.metadata(workspace, permissions=["limits:write"])
    await stack.stubs.limits.UpdateLimit(request, metadata=operator)
    await asyncio.sleep(1.5)
    token = keys.token(workspace)
    answers = [(await asked(edge, token, workspace)).json() for _ in range(3)]
    assert ["errors" in answer for answer in answers] == [False, False, True]
    assert answers[2]["errors"][0]["extensions"]["reason"] == "RATE_LIMITED"


async def test_statistics_tell_of_each_service_by_a_name_of_its_own(edge: Edge) -> None:
    """By which ShadowerNoHealthyUpstream and the dashboard of RPCs find it."""
    found = await scraped(f"http://127.0.0.1:{edge.model.admin_port}/stats/prometheus")
    told = found["envoy_cluster_membership_healthy"]
    assert told.labels == {"envoy_cluster_name"}
    services = {one.service.replace(".", "_") for one in edge.model.upstreams}
    assert services | {"web"} == told.values


async def test_everybody_may_read_what_the_api_is(edge: Edge) -> None:
    document = await edge.anonymous.get("/openapi.json")
    assert (document.status_code, document.headers["content-type"]) == (200, "application/json")
    assert document.json()["openapi"] == "3.1.0"
    assert document.headers["content-encoding"]
    known = {"if-none-match": document.headers["etag"]}
    assert (await edge.anonymous.get("/openapi.json", headers=known)).status_code == 304
    page = await edge.anonymous.get("/reference")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "CalculateAggregates" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script" not in policy
    style = await edge.anonymous.get("/reference.css")
    assert style.headers["content-type"].startswith("text/css")
    assert_refused(await edge.anonymous.get("/reference/more"), 401, 16, "TOKEN_MISSING")
