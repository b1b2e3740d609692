"""What the edge refuses, and how errors of services pass through it."""

import asyncio
import gzip
import json

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from tests.support.edge import Edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import (
    EXECUTIONS,
    METRICS,
    MIB,
    RECORDS,
    GetMetrics,
    assert_refused,
    grpc_refusal,
    metrics_of,
)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/", 404, 5),
        ("/nope", 404, 5),
        ("/v1/workspaces/acme", 404, 5),
        ("/v1/workspaces/acme/metrics:nope", 404, 5),
        ("/shadower.metrics.v1.MetricsService/GetMetrics", 404, 5),
        (f"{METRICS}?nope=1", 400, 3),
        (f"{METRICS}?granularity=NOPE", 400, 3),
        (f"{METRICS}?pageSize=many", 400, 3),
        ("/v1/workspaces/a%2Fb/metrics", 400, 3),
        ("/v1/workspaces/a%5Cb/metrics", 400, 3),
    ],
)
async def test_what_the_contract_does_not_know(
    edge: Edge, path: str, status: int, code: int
) -> None:
    assert_refused(await edge.rest.get(path), status, code)


@pytest.mark.parametrize(
    "body",
    [b"{nope", b"[]", b'"text"', b'{"executions": [{"status": "NOPE"}]}', b'{"executions": 7}'],
)
async def test_a_body_that_is_not_of_the_contract(edge: Edge, body: bytes) -> None:
    assert_refused(await edge.rest.post(EXECUTIONS, content=body), 400, 3)


@pytest.mark.parametrize("body", [b"{}", b'[{"sequence": 1}, {nope', b'[{"sequence": "x"}]'])
async def test_a_stream_that_is_not_of_the_contract(edge: Edge, body: bytes) -> None:
    assert_refused(await edge.rest.post(RECORDS, content=body), 400, 3)


@pytest.mark.parametrize("path", [EXECUTIONS, RECORDS])
async def test_a_body_of_more_than_8_mib(edge: Edge, path: str) -> None:
    assert_refused(await edge.rest.post(path, content=b" " * (8 * MIB + 1024)), 413, 3)


async def test_a_body_of_less_than_8_mib(edge: Edge, backend: Backend) -> None:
    text = "x" * (8 * MIB - 1024)
    reply = await edge.rest.post(EXECUTIONS, json={"executions": [{"errorMessage": text}]})
    assert reply.status_code == 200, reply.text
    assert backend.messages[-1].executions[0].error_message == text


async def test_compressed_json_that_ends_too_early(edge: Edge, backend: Backend) -> None:
    """At once, and not when time is up; whether what is cut off is the JSON or its compression."""
    text = "".join(map(str, range(300_000)))
    whole = json.dumps({"executions": [{"errorMessage": text}]}).encode()
    packed = gzip.compress(whole)
    for cut in (packed[: len(packed) // 2], gzip.compress(whole[:40])):
        assert_refused(await asyncio.wait_for(_packed(edge, cut), 5), 400, 3)
    assert (await _packed(edge, packed)).status_code == 200
    assert backend.messages[-1].executions[0].error_message == text


async def _packed(edge: Edge, body: bytes) -> httpx.Response:
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    return await edge.rest.post(EXECUTIONS, content=body, headers=headers)


async def test_errors_of_services_keep_their_details(edge: Edge) -> None:
    for path in ("/v1/workspaces/broken/summary", "/v1/workspaces/broken/metrics:stream"):
        reply = await edge.rest.get(path)
        assert reply.status_code == 400
        assert reply.headers["content-type"] == "application/json"
        body = reply.json()
        assert (body["code"], body["message"]) == (3, "interval is not valid")
        assert [detail["@type"].rpartition(".")[2] for detail in body["details"]] == [
            "ErrorInfo",
            "BadRequest",
        ]
        assert body["details"][1]["fieldViolations"][0]["field"] == "interval.end_time"


async def test_native_errors_keep_their_details(edge: Edge) -> None:
    call = metrics_of(edge).GetMetrics(GetMetrics(workspace_id="broken"), metadata=edge.metadata())
    error = await grpc_refusal(call)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.reason == "VALIDATION_FAILED"


async def test_native_refusals_are_text(edge: Edge) -> None:
    # What looks like a transcoded request from outside is none.
    forged = (("x-envoy-original-path", "/v1"),)
    for metadata in ((), forged):
        call = metrics_of(edge).GetMetrics(GetMetrics(workspace_id="acme"), metadata=metadata)
        error = await grpc_refusal(call)
        assert error.code() == grpc.StatusCode.UNAUTHENTICATED
        assert error.details() == "Jwt is missing"


@pytest.mark.parametrize(
    "path",
    [
        "/shadower.metrics.v1.MetricsService/Nope",
        "/shadower.metrics.v1.MetricsService/GetMetrics/more",
        "/shadower.nope.v1.NopeService/Nope",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
async def test_only_methods_of_the_contract_are_routed(edge: Edge, path: str) -> None:
    call = edge.channel.unary_unary(path)(b"", metadata=edge.metadata())
    error = await grpc_refusal(call)
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED
    assert error.details() == "there is no such method"
