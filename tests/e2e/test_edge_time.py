"""Time at the edge: deadlines, timeouts and what is tried again."""

import asyncio
import json

import grpc
import yaml
from shadower.agents.v1 import agents_service_pb2, agents_service_pb2_grpc

from tests.support.edge import Edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import (
    RECORDS,
    SUMMARY,
    GetMetrics,
    grpc_refusal,
    methods_of_the_contract,
    metrics_of,
)


async def test_services_learn_the_deadline(edge: Edge, backend: Backend) -> None:
    await edge.rest.get(SUMMARY)
    assert backend.remaining is not None
    assert 29 < backend.remaining < 30.1
    stub = agents_service_pb2_grpc.AgentsServiceStub(edge.channel)
    request = agents_service_pb2.ListAgentsRequest(workspace_id="acme")
    for asked, got in ((None, 30), (5, 5), (300, 30)):
        await stub.ListAgents(request, metadata=edge.metadata(), timeout=asked)
        # grpc rounds a timeout up by some milliseconds.
        assert got - 1 < backend.remaining < got + 0.1


async def test_a_slow_service_is_a_504(hasty_edge: Edge) -> None:
    reply = await hasty_edge.rest.get("/v1/workspaces/slow/summary")
    assert reply.status_code == 504
    assert reply.json()["code"] == 4


async def test_a_body_that_does_not_arrive(hasty_edge: Edge) -> None:
    bearer = f"authorization: Bearer {hasty_edge.keys.token()}"
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty_edge.model.port)
    head = f"POST {RECORDS} HTTP/1.1\r\nhost: edge\r\n{bearer}\r\ncontent-length: 9\r\n\r\n["
    writer.write(head.encode())
    async with asyncio.timeout(5):
        reply = await reader.read()
    assert b"408 Request Timeout" in reply
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["code"] == 4
    writer.close()
    await writer.wait_closed()


async def test_no_timeout_of_the_edge_looks_like_a_call_to_repeat(edge: Edge) -> None:
    flag = "envoy.reloadable_features.grpc_timeout_returns_deadline_exceeded"
    [layer] = yaml.safe_load(edge.configuration.read_text())["layered_runtime"]["layers"]
    assert layer["static_layer"][flag] is True


async def test_a_slow_service_is_not_unavailable(hasty_edge: Edge) -> None:
    request = GetMetrics(workspace_id="slow")
    call = metrics_of(hasty_edge).GetMetrics(request, metadata=hasty_edge.metadata())
    assert (await grpc_refusal(call)).code() == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_only_what_may_be_done_twice_is_tried_again(edge: Edge) -> None:
    [listener] = yaml.safe_load(edge.configuration.read_text())["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    [host] = manager["route_config"]["virtual_hosts"]
    tried_again = {
        route["match"]["path"].rpartition("/")[2]: "retry_policy" in route["route"]
        for route in host["routes"]
        if "path" in route["match"]
    }
    # Streams that change something, and what is defined by others.
    once = {"StreamRecords", "RollUp", "VerifyRollups", "Export"}
    assert {name for name, again in tried_again.items() if not again} == once
    beside = {"Export", "ExportTraces", "ExportMetrics", "GetPriceTable", "RepriceModelCalls"}
    named = {name.partition(".")[2] for name, _ in methods_of_the_contract()}
    assert tried_again.keys() == named | beside
