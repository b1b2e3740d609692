"""Where callers of the edge call, and what a refusal of the edge looks like."""

from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf import descriptor_pool
from shadower.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc

from tests.support.edge import Edge
from tests.support.edge_backend import SERVICES

ACME = "/v1/workspaces/acme"
SUMMARY = f"{ACME}/summary"
METRICS = f"{ACME}/metrics"
EXECUTIONS = f"{ACME}/executions:batch"
RECORDS = f"{ACME}/records:stream"
MIB = 1024 * 1024

GetMetrics = metrics_service_pb2.GetMetricsRequest
StreamMetrics = metrics_service_pb2.StreamMetricsRequest


def methods_of_the_contract() -> Iterator[tuple[str, str]]:
    for name in SERVICES:
        service = descriptor_pool.Default().FindServiceByName(name)
        for method in service.methods:
            yield f"{service.name}.{method.name}", method.input_type.full_name


def metrics_of(edge: Edge) -> Any:
    return metrics_service_pb2_grpc.MetricsServiceStub(edge.channel)


def assert_refused(
    reply: httpx.Response, status: int, code: int, reason: str = "EDGE_REFUSED"
) -> None:
    """The one shape of errors, and the one detail of those that the edge makes itself."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert body.keys() == {"code", "message", "details"}
    assert body["code"] == code
    assert body["message"]
    assert body["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "shadower.dev",
            "metadata": {},
        }
    ]


async def grpc_refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value
