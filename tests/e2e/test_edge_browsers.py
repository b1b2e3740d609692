"""Browsers at the edge: preflights, origins and gRPC-Web."""

from itertools import product

from shadower.metrics.v1 import metrics_service_pb2

from tests.support.edge import ORIGIN, Edge
from tests.support.edge_calls import EXECUTIONS, SUMMARY, GetMetrics


async def test_preflights_need_no_token(edge: Edge) -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
    reply = await edge.anonymous.options(EXECUTIONS, headers=asked)
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "authorization" in reply.headers["access-control-allow-headers"]


async def test_origins_that_are_not_allowed(edge: Edge) -> None:
    asked = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    preflight = await edge.anonymous.options(EXECUTIONS, headers=asked)
    reply = await edge.rest.get(SUMMARY, headers=asked)
    assert preflight.status_code == 401
    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in reply.headers


async def test_a_page_may_read_replies_and_refusals(edge: Edge) -> None:
    for client, path in product((edge.rest, edge.anonymous), (SUMMARY, "/nope", "/health")):
        reply = await client.get(path, headers={"origin": ORIGIN})
        assert reply.headers["access-control-allow-origin"] == ORIGIN, path
        assert "grpc-status" in reply.headers["access-control-expose-headers"]


async def test_grpc_web(edge: Edge) -> None:
    message = GetMetrics(workspace_id="acme", metrics=["a"]).SerializeToString()
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    headers = {"content-type": "application/grpc-web+proto", "origin": ORIGIN}
    path = "/shadower.metrics.v1.MetricsService/GetMetrics"
    reply = await edge.rest.post(path, content=frame, headers=headers)
    size = int.from_bytes(reply.content[1:5], "big")
    answer = metrics_service_pb2.GetMetricsResponse.FromString(reply.content[5 : 5 + size])
    assert answer.time_series[0].metric == "a"
    assert b"grpc-status:0" in reply.content[5 + size :]
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    refused = await edge.anonymous.post(path, content=frame, headers=headers)
    assert refused.headers["grpc-status"] == "16"
