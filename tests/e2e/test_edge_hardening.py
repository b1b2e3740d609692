"""What a hostile caller tries at the edge, and what the edge must not give away."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest

from cli.edge.model import EdgeModel
from tests.support.edge import ORIGIN, Edge, Keys, running_edge
from tests.support.edge_backend import SERVICES, Backend
from tests.support.edge_calls import (
    EXECUTIONS,
    METRICS,
    MIB,
    SUMMARY,
    GetMetrics,
    assert_refused,
    grpc_refusal,
    metrics_of,
)
from tests.support.ports import free_port
from tests.support.waiting import until

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "referrer-policy": "no-referrer",
}


async def test_only_the_edge_listens_beyond_loopback(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    async with running_edge(folder, replace(model, host="0.0.0.0"), edge_keys) as edge:
        sockets = psutil.Process(edge.pid).net_connections(kind="inet")
        listening = {(s.laddr.ip, s.laddr.port) for s in sockets if s.status == "LISTEN"}
        assert listening == {("0.0.0.0", edge.model.port), ("127.0.0.1", edge.model.admin_port)}


async def test_connections_beyond_the_limit_are_closed(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    async with running_edge(folder, replace(model, max_connections=3), edge_keys) as edge:
        streams = [await asyncio.open_connection("127.0.0.1", edge.model.port) for _ in range(4)]
        ends = [asyncio.create_task(reader.read()) for reader, _ in streams]
        ended, waiting = await asyncio.wait(ends, timeout=2, return_when=asyncio.FIRST_COMPLETED)
        assert ended
        assert waiting
        for _, writer in streams:
            writer.close()
        await asyncio.gather(*ends)


async def test_a_full_edge_still_says_that_it_lives(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    """Else it would be killed for being busy."""
    looking = f"127.0.0.1:{free_port()}"
    full = replace(model, max_connections=1, max_heap_bytes=MIB, metrics=looking)
    async with (
        running_edge(folder, full, edge_keys) as edge,
        httpx.AsyncClient(base_url=f"http://{looking}", trust_env=False) as probe,
    ):
        await until(lambda: _is_overloaded(edge))
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.model.port)
        assert await asyncio.wait_for(reader.read(), timeout=2) == b""
        writer.close()
        for path in ("/ready", "/stats/prometheus"):
            assert (await probe.get(path)).status_code == 200


async def _is_overloaded(edge: Edge) -> bool:
    admin = f"http://{edge.model.admin_endpoint.host}:{edge.model.admin_port}"
    async with httpx.AsyncClient(base_url=admin, trust_env=False) as http:
        told = (await http.get("/stats?filter=stop_accepting_requests.active")).text
    return told.strip().endswith(": 1")


@pytest.mark.parametrize(
    "query",
    [
        "workspaceId=evil",
        "workspace_id=evil",
        "metrics=a&workspaceId=evil",
        "workspaceId",
        "%77orkspaceId=evil",
        "workspace%5Fid=evil",
        "metrics=a&workspace%5fid=evil&metrics=b",
    ],
)
@pytest.mark.parametrize("path", [METRICS, "/api/v1/metrics/acme"])
async def test_a_query_cannot_override_the_path(
    edge: Edge, backend: Backend, path: str, query: str
) -> None:
    before = len(backend.messages)
    assert_refused(await edge.rest.get(f"{path}?{query}"), 400, 3)
    assert len(backend.messages) == before


async def test_a_query_cannot_override_the_agent(edge: Edge) -> None:
    path = "/v1/workspaces/acme/agents/a/performance?agentId=evil"
    assert_refused(await edge.rest.get(path), 400, 3)


async def test_values_of_a_query_may_be_escaped(edge: Edge, backend: Backend) -> None:
    query = "metrics=%77&timeZone=Europe%2FBerlin%26workspaceId%3Devil"
    assert (await edge.rest.get(f"{METRICS}?{query}")).status_code == 200
    assert backend.messages[-1].time_zone == "Europe/Berlin&workspaceId=evil"
    assert backend.messages[-1].workspace_id == "acme"


async def test_a_body_cannot_override_the_path(edge: Edge, backend: Backend) -> None:
    body: dict[str, Any] = {"executions": [{}]}
    refused = await edge.rest.post(EXECUTIONS, json=body | {"workspace_id": "evil"})
    assert_refused(refused, 400, 3)
    await edge.rest.post(EXECUTIONS, json={"workspaceId": "evil"} | body)
    await edge.rest.post(EXECUTIONS, json=body | {"workspaceId": "evil"})
    assert [message.workspace_id for message in backend.messages[-2:]] == ["acme", "acme"]


async def test_headers_with_underscores(edge: Edge) -> None:
    reply = await edge.rest.get(SUMMARY, headers={"x_workspace_id": "evil"})
    assert_refused(reply, 400, 3)


async def test_headers_with_underscores_are_refused_in_grpc(edge: Edge) -> None:
    metadata = (*edge.metadata(), ("x_workspace_id", "evil"))
    call = metrics_of(edge).GetMetrics(GetMetrics(workspace_id="acme"), metadata=metadata)
    assert (await grpc_refusal(call)).code() == grpc.StatusCode.INTERNAL


async def test_what_filters_tell_each_other_does_not_come_from_outside(
    edge: Edge, backend: Backend
) -> None:
    forged = {"x-envoy-none": SERVICES[0], "x-envoy-original-method": "DELETE"}
    assert (await edge.rest.get(SUMMARY, headers=forged)).status_code == 200
    assert "x-envoy-none" not in backend.metadata
    assert backend.metadata["x-envoy-original-method"] == "GET"
    assert_refused(await edge.rest.get("/nope", headers=forged), 404, 5)


async def test_paths_are_normalised_before_they_are_matched(edge: Edge, backend: Backend) -> None:
    reply = await _raw_get(edge, "//v1//workspaces/evil/../acme/./summary")
    assert b"200 OK" in reply
    assert backend.messages[-1].workspace_id == "acme"


async def _raw_get(edge: Edge, path: str) -> bytes:
    """A GET whose path no client library has tidied up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.model.port)
    head = f"GET {path} HTTP/1.1\r\nhost: edge\r\nauthorization: Bearer {edge.keys.token()}\r\n"
    writer.write(f"{head}connection: close\r\n\r\n".encode())
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_every_reply_has_security_headers(edge: Edge) -> None:
    preflight = {"origin": ORIGIN, "access-control-request-method": "GET"}
    replies = [
        await edge.rest.get(SUMMARY),
        await edge.rest.get("/v1/workspaces/broken/summary"),
        await edge.rest.get("/nope"),
        await edge.rest.get(f"{METRICS}?workspaceId=x"),
        await edge.rest.get("/v1/workspaces/a%2Fb/summary"),
        await edge.rest.get(SUMMARY, headers={"x_y": "z"}),
        await edge.rest.post(EXECUTIONS, content=b" " * (8 * MIB + 1024)),
        await edge.anonymous.get(SUMMARY),
        await edge.anonymous.get("/health"),
        await edge.anonymous.options(SUMMARY, headers=preflight),
    ]
    for reply in replies:
        assert SECURITY_HEADERS.items() <= reply.headers.items(), reply.url
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "camera=()" in reply.headers["permissions-policy"]


async def test_replies_do_not_tell_what_is_inside(edge: Edge) -> None:
    paths = (SUMMARY, "/v1/workspaces/broken/summary", "/nope", "/health")
    for reply in [await edge.rest.get(path) for path in paths]:
        leaks = [name for name in reply.headers if name.startswith(("grpc-", "x-envoy-", "server"))]
        assert leaks == [], reply.url
