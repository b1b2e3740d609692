"""OTLP over gRPC: whose spans they are, which of them are refused, and what is stored."""

import time
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.oracle import by_sql
from tests.support.otlp import START, attributes, export, otlp_span
from tests.support.stack import Stack

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 10,
}
INVALID, DENIED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED
HOUR = 3600 * 10**9
MANY_TRACES = 13_000


class Exporter:
    """Sends to one stack with a token of its own."""

    def __init__(
        self, stack: Stack, keys: KeyRing, *workspaces: str, role: str = "service"
    ) -> None:
        self._stack = stack
        self._token = keys.metadata(*workspaces, role=role)

    async def send(self, request: ExportTraceServiceRequest, **headers: str) -> Any:
        metadata = (*self._token, *((k.replace("_", "-"), v) for k, v in headers.items()))
        return await self._stack.stubs.otlp_traces.Export(request, metadata=metadata)

    async def send_metrics(self, request: ExportMetricsServiceRequest) -> Any:
        return await self._stack.stubs.otlp_metrics.Export(request, metadata=self._token)

    def rows(self, workspace: str, query: str) -> list[tuple[Any, ...]]:
        return by_sql(self._stack.database_url, f"{query} where workspace_id = %s", workspace)

    def spans(self, workspace: str) -> int:
        return int(self.rows(workspace, "select count(*) from spans")[0][0])


@pytest.fixture
def exporter(stack: Stack, keys: KeyRing, workspace: str) -> Exporter:
    return Exporter(stack, keys, workspace)


async def test_the_only_workspace_of_a_token_need_not_be_named(
    exporter: Exporter, workspace: str
) -> None:
    answer = await exporter.send(export(otlp_span(1, attributes=CALL)))
    assert not answer.HasField("partial_success")
    told = "select execution_id, agent_id, input_tokens, cost_usd::text from executions"
    trace = "0af7651916cd43dd8448eb211c80319c"
    assert exporter.rows(workspace, told) == [(trace, "shop", 1000, "0.0026")]


async def test_sent_again_it_is_counted_once(exporter: Exporter, workspace: str) -> None:
    for _ in range(3):
        answer = await exporter.send(export(otlp_span(1, attributes=CALL)))
        assert not answer.HasField("partial_success")
    assert exporter.rows(workspace, "select sum(input_tokens) from executions") == [(1000,)]


async def test_an_export_of_thousands_of_traces_is_stored_and_counted_whole(
    exporter: Exporter, workspace: str
) -> None:
    """More than the server could lock one by one."""
    agent = {"gen_ai.operation.name": "invoke_agent"}
    traces = [
        otlp_span(1, trace_id=number.to_bytes(16), attributes=agent)
        for number in range(1, MANY_TRACES + 1)
    ]
    answer = await exporter.send(export(*traces))
    assert not answer.HasField("partial_success")
    assert exporter.spans(workspace) == MANY_TRACES
    runs = "select count(*), count(distinct execution_id) from executions"
    assert exporter.rows(workspace, runs) == [(MANY_TRACES, MANY_TRACES)]
    account = "select kind, received, stored, duplicate, rejected from ledger"
    assert exporter.rows(workspace, account) == [("span", MANY_TRACES, MANY_TRACES, 0, 0)]


async def test_a_token_of_several_workspaces_needs_the_header(
    stack: Stack, keys: KeyRing, workspace: str
) -> None:
    exporter = Exporter(stack, keys, workspace, f"{workspace}-2")
    one = export(otlp_span(1))
    found = await refused(exporter.send(one))
    assert (found.code, found.reason) == (INVALID, "WORKSPACE_AMBIGUOUS")
    assert found.metadata == {"header": "x-shadower-workspace"}
    await exporter.send(one, x_shadower_workspace=f"{workspace}-2")
    assert (exporter.spans(workspace), exporter.spans(f"{workspace}-2")) == (0, 1)


@pytest.mark.parametrize("covered", [0, 1, 2])
async def test_the_header_must_be_covered_by_the_token(
    stack: Stack, keys: KeyRing, workspace: str, covered: int
) -> None:
    exporter = Exporter(stack, keys, *(f"{workspace}-{n}" for n in range(covered)))
    found = await refused(exporter.send(export(otlp_span(1)), x_shadower_workspace=workspace))
    assert (found.code, found.reason) == (DENIED, "WORKSPACE_DENIED")
    assert found.metadata == {"workspaceId": workspace}
    assert exporter.spans(workspace) == 0


async def test_a_token_without_workspaces_is_denied(stack: Stack, keys: KeyRing) -> None:
    found = await refused(Exporter(stack, keys).send(export(otlp_span(1))))
    assert (found.code, found.reason) == (DENIED, "WORKSPACE_DENIED")


@pytest.mark.parametrize("role", ["viewer", "analyst"])
async def test_who_may_not_ingest_may_not_export(
    stack: Stack, keys: KeyRing, workspace: str, role: str
) -> None:
    exporter = Exporter(stack, keys, workspace, role=role)
    found = await refused(exporter.send(export(otlp_span(1))))
    assert (found.code, found.reason) == (DENIED, "PERMISSION_MISSING")


async def test_without_a_token_nothing_is_taken(stack: Stack) -> None:
    for stub in (stack.stubs.otlp_traces, stack.stubs.otlp_metrics):
        request = ExportTraceServiceRequest
        if stub is stack.stubs.otlp_metrics:
            request = ExportMetricsServiceRequest
        found = await refused(stub.Export(request()))
        assert found.reason == "TOKEN_MISSING"


async def test_a_resource_of_another_workspace_spoils_the_whole_export(
    exporter: Exporter, workspace: str
) -> None:
    request = export(otlp_span(1), shadower_workspace_id=workspace)
    other = export(otlp_span(2), shadower_workspace_id=f"{workspace}-2")
    request.resource_spans.extend(other.resource_spans)
    found = await refused(exporter.send(request))
    assert (found.code, found.reason) == (DENIED, "WORKSPACE_DENIED")
    assert found.metadata == {"workspaceId": f"{workspace}-2"}
    assert exporter.spans(workspace) == 0
    del request.resource_spans[1]
    await exporter.send(request)
    assert exporter.spans(workspace) == 1


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no trace id": ({"trace_id": b""}, "trace_id"),
    "short trace id": ({"trace_id": b"1" * 15}, "trace_id"),
    "long trace id": ({"trace_id": b"1" * 17}, "trace_id"),
    "trace id of zeros": ({"trace_id": bytes(16)}, "trace_id"),
    "no span id": ({"span_id": b""}, "span_id"),
    "long span id": ({"span_id": b"1" * 9}, "span_id"),
    "span id of zeros": ({"span_id": bytes(8)}, "span_id"),
    "short parent": ({"parent_span_id": b"1"}, "parent_span_id"),
    "no start": ({"start_time_unix_nano": 0}, "start_time"),
    "no end": ({"end_time_unix_nano": 0}, "end_time"),
    "end before start": ({"end_time_unix_nano": START - 1}, "end_time"),
    "in the last century": ({"start_time_unix_nano": 1}, "start_time"),
    "in two hours": (
        {"start_time_unix_nano": time.time_ns() + 2 * HOUR, "end_time_unix_nano": 2**63},
        "start_time",
    ),
    "at the end of time": ({"end_time_unix_nano": 2**64 - 1}, "end_time"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_span_is_refused_alone(exporter: Exporter, workspace: str, name: str) -> None:
    fields, named = BAD[name]
    bad = Span()
    bad.CopyFrom(otlp_span(2, attributes=CALL))
    for field, value in fields.items():
        setattr(bad, field, value)
    answer = await exporter.send(export(otlp_span(1, attributes=CALL), bad))
    assert answer.partial_success.rejected_spans == 1
    assert answer.partial_success.error_message.startswith(f"{named}: ")
    assert exporter.spans(workspace) == 1


async def test_reasons_are_counted_and_do_not_grow_with_the_export(exporter: Exporter) -> None:
    bad = [otlp_span(n, span_id=b"") for n in range(1, 400)]
    bad += [otlp_span(n, end_time_unix_nano=START - 1) for n in range(1, 200)]
    partial = (await exporter.send(export(*bad))).partial_success
    assert partial.rejected_spans == 598
    assert partial.error_message == (
        "span_id: must have 8 bytes, not all zero (399); "
        "end_time: end_time must not be before start_time (199)"
    )


async def test_a_hundred_thousand_attributes_are_not_read(
    exporter: Exporter, workspace: str
) -> None:
    many = otlp_span(1, attributes={f"a{n}": n for n in range(100_000)})
    begun = time.monotonic()
    answer = await exporter.send(export(many, otlp_span(2)))
    assert time.monotonic() - begun < 5
    assert answer.partial_success.rejected_spans == 1
    assert answer.partial_success.error_message == "a span has more than 10000 attributes (1)"
    assert exporter.spans(workspace) == 1


async def test_what_is_kept_of_a_span_that_is_not_ours(exporter: Exporter, workspace: str) -> None:
    secret = {"http.request.header.cookie": "secret", "user.id": "ann"}
    await exporter.send(export(otlp_span(1, name="GET /secret", attributes=secret)))
    columns = "kind::text, name, user_id, service_name, error_message, parent_span_id"
    assert exporter.rows(workspace, f"select {columns} from spans") == [("other", *[None] * 5)]


async def test_what_no_reader_could_see_is_made_visible(exporter: Exporter, workspace: str) -> None:
    odd = CALL | {"user.id": "a\0b\u202e", "gen_ai.request.model": "m" * 1000}
    await exporter.send(
        export(otlp_span(1, attributes=odd, status={"code": 2, "message": "x\0" * 4000}))
    )
    columns = "user_id, length(request_model), length(error_message)"
    assert exporter.rows(workspace, f"select {columns} from spans") == [("a b", 128, 4096)]


async def test_an_unknown_model_has_an_unknown_cost(exporter: Exporter, workspace: str) -> None:
    await exporter.send(export(otlp_span(1, attributes=CALL | {"gen_ai.request.model": "my-own"})))
    assert exporter.rows(workspace, "select cost_usd, price_version from spans") == [(None, None)]
    assert exporter.rows(workspace, "select cost_usd from executions") == [(None,)]


async def test_an_export_of_nothing_is_well(exporter: Exporter) -> None:
    for nothing in (ExportTraceServiceRequest(), export()):
        assert not (await exporter.send(nothing)).HasField("partial_success")


async def test_what_is_no_export_is_refused(stack: Stack, keys: KeyRing, workspace: str) -> None:
    async with stack.running["ingest"].channel() as channel:
        path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        send = channel.unary_unary(path)
        found = await refused(send(b"\xff\xff\xff", metadata=keys.metadata(workspace)))
        assert (found.code, found.reason) == (INVALID, "VALIDATION_FAILED")
        assert found.fields == ("request",)
        assert (await refused(send(b"\xff\xff\xff"))).reason == "TOKEN_MISSING"


async def test_an_export_that_is_too_large_is_refused(exporter: Exporter, workspace: str) -> None:
    found = await refused(exporter.send(export(otlp_span(1, name="x" * (4 * 1024 * 1024)))))
    assert (found.code, found.reason) == (INVALID, "MESSAGE_TOO_LARGE")
    assert exporter.spans(workspace) == 0


def depths(*told: tuple[str, str, int]) -> ExportMetricsServiceRequest:
    """One metric at one time, each of an instance, a scope and a value."""
    return ExportMetricsServiceRequest(
        resource_metrics=[
            {
                "resource": {"attributes": attributes({"service.instance.id": instance})},
                "scope_metrics": [
                    {
                        "scope": {"name": scope},
                        "metrics": [Metric(name="depth", gauge={"data_points": [point]})],
                    }
                ],
            }
            for instance, scope, value in told
            for point in [{"as_int": value, "time_unix_nano": START}]
        ]
    )


async def test_two_instances_and_two_scopes_do_not_contradict_each_other(
    exporter: Exporter, workspace: str
) -> None:
    told = [("i-1", "a", 1), ("i-2", "a", 2), ("i-1", "b", 3)]
    for _ in range(2):
        assert not (await exporter.send_metrics(depths(*told))).HasField("partial_success")
    columns = "tags ->> 'service.instance.id', tags ->> 'otel.scope.name', value::int"
    assert sorted(exporter.rows(workspace, f"select {columns} from metric_points")) == sorted(told)
    partial = (await exporter.send_metrics(depths(("i-1", "a", 9)))).partial_success
    assert partial.rejected_data_points == 1
