"""OTLP over HTTP, through the edge: both encodings, compressed or not, and every refusal."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)

from tests.e2e.conftest import WholeWay
from tests.support.oracle import by_sql
from tests.support.otlp import START, attributes, export, otlp_span
from tests.support.stack import Stack

PROTOBUF, JSON = "application/x-protobuf", "application/json"
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 10,
}
TRACE = "0af7651916cd43dd8448eb211c80319c"
# As OTLP writes it: hexadecimal ids, whole numbers as text, enums as numbers; and a field that
# a later version may have.
BY_HAND = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [
                {
                    "scope": {"name": "test"},
                    "spans": [
                        {
                            "traceId": TRACE.upper(),
                            "spanId": "00f067aa0ba902b7",
                            "name": "chat",
                            "kind": 3,
                            "startTimeUnixNano": str(START),
                            "endTimeUnixNano": START + 10**9,
                            "status": {"code": 1},
                            "someday": {"new": [1]},
                            "attributes": [
                                *[
                                    {"key": k, "value": {"stringValue": CALL[k]}}
                                    for k in list(CALL)[:3]
                                ],
                                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1000"}},
                                {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 10}},
                            ],
                        },
                        {"traceId": "no id", "spanId": "00f067aa0ba902b8", "name": "bad"},
                    ],
                }
            ],
        }
    ]
}


def depth(value: float) -> ExportMetricsServiceRequest:
    point = {"time_unix_nano": START, "as_double": value, "attributes": attributes({"queue": "a"})}
    metrics = [{"name": "depth", "gauge": {"data_points": [point]}}]
    return ExportMetricsServiceRequest(resource_metrics=[{"scope_metrics": [{"metrics": metrics}]}])


async def post(
    whole_way: WholeWay,
    path: str,
    body: bytes,
    content_type: str,
    *workspaces: str,
    **headers: str,
) -> httpx.Response:
    bearer = whole_way.bearer(*workspaces, role="service") if workspaces else {}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return await whole_way.http.post(
        path, content=body, headers={"content-type": content_type, **bearer, **more}
    )


def executions(stack: Stack, workspace: str) -> list[tuple[Any, ...]]:
    query = "select execution_id, input_tokens from executions where workspace_id = %s"
    return by_sql(stack.database_url, query, workspace)


@pytest.mark.parametrize("compressed", [False, True])
async def test_protobuf(
    whole_way: WholeWay, stack: Stack, workspace: str, compressed: bool
) -> None:
    bad = otlp_span(2, span_id=b"")
    body = export(otlp_span(1, attributes=CALL), bad).SerializeToString()
    headers = {"content_encoding": "gzip"} if compressed else {}
    sent = gzip.compress(body) if compressed else body
    reply = await post(whole_way, "/v1/traces", sent, PROTOBUF, workspace, **headers)
    assert (reply.status_code, reply.headers["content-type"]) == (200, PROTOBUF), reply.text
    answer = ExportTraceServiceResponse.FromString(reply.content)
    assert answer.partial_success.rejected_spans == 1
    assert executions(stack, workspace) == [(TRACE, 1000)]


@pytest.mark.parametrize("compressed", [False, True])
async def test_json(whole_way: WholeWay, stack: Stack, workspace: str, compressed: bool) -> None:
    body = json.dumps(BY_HAND).encode()
    headers = {"content_encoding": "gzip"} if compressed else {}
    sent = gzip.compress(body) if compressed else body
    path = f"/v1/workspaces/{workspace}/otlp/v1/traces"
    type_ = f"{JSON}; charset=utf-8"
    reply = await post(whole_way, path, sent, type_, workspace, "other", **headers)
    assert (reply.status_code, reply.headers["content-type"]) == (200, JSON), reply.text
    assert reply.json() == {
        "partialSuccess": {
            "rejectedSpans": "1",
            "errorMessage": "trace_id: must have 16 bytes, not all zero (1)",
        }
    }
    assert executions(stack, workspace) == [(TRACE, 1000)]


async def test_what_was_well_is_answered_with_nothing(whole_way: WholeWay, workspace: str) -> None:
    reply = await post(whole_way, "/v1/traces", b"{}", JSON, workspace)
    assert (reply.status_code, reply.content) == (200, b"{}")
    reply = await post(whole_way, "/v1/traces", b"", PROTOBUF, workspace)
    assert (reply.status_code, reply.content) == (200, b"")


async def test_metrics_in_both_encodings(whole_way: WholeWay, stack: Stack, workspace: str) -> None:
    path = f"/v1/workspaces/{workspace}/otlp/v1/metrics"
    body = json_format.MessageToJson(depth(1.5)).encode()
    reply = await post(whole_way, path, body, JSON, workspace)
    assert (reply.status_code, reply.json()) == (200, {}), reply.text
    reply = await post(
        whole_way, "/v1/metrics", depth(2.5).SerializeToString(), PROTOBUF, workspace
    )
    answer = ExportMetricsServiceResponse.FromString(reply.content).partial_success
    assert (answer.rejected_data_points, reply.status_code) == (1, 200)
    assert answer.error_message == "the series has another value at that time (1)"
    points = "select metric_type, value, tags from metric_points where workspace_id = %s"
    assert by_sql(stack.database_url, points, workspace) == [("depth", 1.5, {"queue": "a"})]


async def test_the_header_names_the_workspace(
    whole_way: WholeWay, stack: Stack, workspace: str
) -> None:
    body = json.dumps(BY_HAND).encode()
    both = (workspace, f"{workspace}-2")
    reply = await post(whole_way, "/v1/traces", body, JSON, *both)
    assert reply.status_code == 400
    assert reply.json()["details"][0]["reason"] == "WORKSPACE_AMBIGUOUS"
    reply = await post(whole_way, "/v1/traces", body, JSON, *both, x_shadower_workspace=both[1])
    assert reply.status_code == 200
    assert [len(executions(stack, one)) for one in both] == [0, 1]


async def test_who_works_in_very_many_workspaces_must_name_one(
    whole_way: WholeWay, workspace: str
) -> None:
    """To come again, however late, would not help."""
    body, many = json.dumps(BY_HAND).encode(), [f"{workspace}-{number}" for number in range(11)]
    reply = await post(whole_way, "/v1/traces", body, JSON, *many)
    assert (reply.status_code, reply.json()["code"]) == (429, 8)
    [detail] = reply.json()["details"]
    assert detail["reason"] == "WORKSPACE_AMBIGUOUS"
    assert "x-shadower-workspace" in reply.json()["message"]
    assert "retry-after" not in reply.headers
    reply = await post(whole_way, "/v1/traces", body, JSON, *many, x_shadower_workspace=many[1])
    assert reply.status_code == 200


REFUSED: dict[str, tuple[str, bytes, str, int, str]] = {
    "no protobuf": ("/v1/traces", b"\xff\xff", PROTOBUF, 400, "VALIDATION_FAILED"),
    "no json": ("/v1/traces", b"{", JSON, 400, "VALIDATION_FAILED"),
    "no object": ("/v1/traces", b"[]", JSON, 400, "VALIDATION_FAILED"),
    "another shape": ("/v1/traces", b'{"resourceSpans": 7}', JSON, 400, "VALIDATION_FAILED"),
    "no text": ("/v1/traces", b'"\xff"', JSON, 400, "VALIDATION_FAILED"),
    "endless": ("/v1/traces", b"[" * 100_000, JSON, 400, "VALIDATION_FAILED"),
    "another type": ("/v1/traces", b"a,b", "text/csv", 400, "VALIDATION_FAILED"),
    "too large": ("/v1/traces", b" " * (5 * 1024**2), JSON, 400, "MESSAGE_TOO_LARGE"),
    "far too large": ("/v1/traces", b" " * (9 * 1024**2), JSON, 413, "EDGE_REFUSED"),
    "of another workspace": (
        "/v1/workspaces/red/otlp/v1/traces",
        b"{}",
        JSON,
        403,
        "WORKSPACE_DENIED",
    ),
    "a workspace in the query": ("/v1/traces?workspace_id=red", b"{}", JSON, 400, "EDGE_REFUSED"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_has_a_code_that_no_exporter_tries_again(
    whole_way: WholeWay, workspace: str, name: str
) -> None:
    path, body, content_type, status, reason = REFUSED[name]
    reply = await post(whole_way, path, body, content_type, workspace)
    assert reply.status_code == status, reply.text
    assert reply.json()["details"][0]["reason"] == reason


async def test_without_a_token_nothing_is_taken(whole_way: WholeWay) -> None:
    reply = await post(whole_way, "/v1/traces", b"{}", JSON)
    assert reply.status_code == 401
    assert reply.json()["details"][0]["reason"] == "TOKEN_MISSING"


async def test_what_swells_beyond_all_bounds_is_cut_off(
    whole_way: WholeWay, workspace: str
) -> None:
    bomb = gzip.compress(b" " * (200 * 1024**2))
    reply = await post(whole_way, "/v1/traces", bomb, JSON, workspace, content_encoding="gzip")
    assert reply.status_code in (400, 413), reply.text


@pytest.mark.parametrize(
    ("spoil", "encoding"),
    [
        (lambda packed: b"no gzip at all", "gzip"),
        (lambda packed: packed[:-9], "gzip"),
        (lambda packed: packed[:-8] + b"\0" * 8, "gzip"),
        (lambda packed: packed, "br"),
        (lambda packed: packed, ""),
    ],
    ids=["none", "cut", "another sum", "another encoding", "not said"],
)
async def test_what_is_no_gzip_is_refused_and_not_taken_for_nothing(
    whole_way: WholeWay, workspace: str, spoil: Callable[[bytes], bytes], encoding: str
) -> None:
    body = spoil(gzip.compress(export(otlp_span(1, attributes=CALL)).SerializeToString()))
    said = {"content_encoding": encoding} if encoding else {}
    reply = await post(whole_way, "/v1/traces", body, PROTOBUF, workspace, **said)
    assert reply.status_code == 400, reply.text


async def test_a_resource_of_another_workspace_spoils_the_export(
    whole_way: WholeWay, stack: Stack, workspace: str
) -> None:
    body = export(otlp_span(1, attributes=CALL), shadower_workspace_id="red").SerializeToString()
    reply = await post(whole_way, "/v1/traces", body, PROTOBUF, workspace)
    assert (reply.status_code, reply.json()["details"][0]["reason"]) == (403, "WORKSPACE_DENIED")
    assert executions(stack, workspace) == []


async def test_an_export_of_json_is_what_protobuf_says(
    whole_way: WholeWay, stack: Stack, workspace: str
) -> None:
    request = export(otlp_span(1, attributes=CALL))
    content = json_format.MessageToDict(request, use_integers_for_enums=True)
    for one in content["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        one |= {"traceId": TRACE, "spanId": (1).to_bytes(8).hex()}
    for body, type_ in [
        (json.dumps(content).encode(), JSON),
        (request.SerializeToString(), PROTOBUF),
    ]:
        assert (await post(whole_way, "/v1/traces", body, type_, workspace)).status_code == 200
    # The second was the same span, so everything in it is the same but what was ignored.
    query = "select span_id, input_tokens, provider from spans where workspace_id = %s"
    assert by_sql(stack.database_url, query, workspace) == [(f"{1:016x}", 1000, "openai")]
