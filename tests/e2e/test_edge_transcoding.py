"""JSON through the edge: every RPC, and how its fields are read and printed."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.edge import Edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import (
    ACME,
    EXECUTIONS,
    METRICS,
    RECORDS,
    SUMMARY,
    methods_of_the_contract,
)


@dataclass(frozen=True)
class RestCall:
    """An RPC as JSON."""

    rpc: str
    verb: str
    path: str
    body: Any = None


REST_CALLS = [
    RestCall("MetricsService.GetMetrics", "GET", f"{METRICS}?metrics=a"),
    RestCall("MetricsService.GetMetrics", "GET", "/api/v1/metrics/acme?metrics=a"),
    RestCall("MetricsService.StreamMetrics", "GET", f"{METRICS}:stream?metrics=a"),
    RestCall("MetricsService.ListMetrics", "GET", f"{ACME}/metricDescriptors"),
    RestCall("AgentsService.ListAgents", "GET", f"{ACME}/agents"),
    RestCall("AgentsService.GetAgentPerformance", "GET", f"{ACME}/agents/a/performance"),
    RestCall("WorkspacesService.GetWorkspaceSummary", "GET", SUMMARY),
    RestCall("AggregatesService.CalculateAggregates", "POST", f"{ACME}/aggregates:calculate", {}),
    RestCall("AggregatesService.RollUp", "POST", f"{ACME}/rollups:rollUp", {}),
    RestCall("AggregatesService.VerifyRollups", "POST", f"{ACME}/rollups:verify", {}),
    RestCall("AggregatesService.ListRollups", "GET", f"{ACME}/rollups"),
    RestCall("DeadLettersService.ListDeadLetters", "GET", f"{ACME}/deadLetters?replayed=false"),
    RestCall("DeadLettersService.GetDeadLetter", "GET", f"{ACME}/deadLetters/a"),
    RestCall("DeadLettersService.ReplayDeadLetters", "POST", f"{ACME}/deadLetters:replay", {}),
    RestCall("DeadLettersService.DropDeadLetters", "POST", f"{ACME}/deadLetters:drop", {}),
    RestCall("IngestService.RecordExecutions", "POST", EXECUTIONS, {}),
    RestCall("IngestService.RecordMetricPoints", "POST", f"{ACME}/metricPoints:batch", {}),
    RestCall("IngestService.RecordEvents", "POST", f"{ACME}/events:batch", {}),
    RestCall("IngestService.Reconcile", "GET", f"{ACME}/ledger:reconcile?recount=true"),
    RestCall("IngestService.StreamRecords", "POST", RECORDS, [{}]),
]


@pytest.mark.parametrize("call", REST_CALLS, ids=lambda call: f"{call.verb} {call.path}")
async def test_every_rpc_answers_json(edge: Edge, backend: Backend, call: RestCall) -> None:
    backend.gate.set()
    reply = await edge.rest.request(call.verb, call.path, json=call.body)
    assert reply.status_code == 200, reply.text
    seen = backend.messages[-1]
    assert seen.workspace_id == "acme"
    assert seen.DESCRIPTOR.full_name == dict(methods_of_the_contract())[call.rpc]


def test_no_rpc_of_the_contract_is_left_out() -> None:
    assert {call.rpc for call in REST_CALLS} == {rpc for rpc, _ in methods_of_the_contract()}


async def test_query_parameters_reach_nested_and_repeated_fields(
    edge: Edge, backend: Backend
) -> None:
    query = (
        "metrics=a&metrics=b&interval.startTime=2026-01-01T00:00:00Z&pageSize=7"
        "&granularity=GRANULARITY_HOUR&filter.agentIds=x+y&groupBy=DIMENSION_AGENT"
    )
    reply = await edge.rest.get(f"{METRICS}?{query}")
    assert reply.status_code == 200, reply.text
    seen = backend.messages[-1]
    assert list(seen.metrics) == ["a", "b"]
    assert seen.interval.start_time.ToJsonString() == "2026-01-01T00:00:00Z"
    assert seen.page_size == 7
    assert list(seen.filter.agent_ids) == ["x y"]
    assert len(seen.group_by) == 1


async def test_zero_is_printed_and_absent_stays_absent(edge: Edge) -> None:
    summary = (await edge.rest.get(SUMMARY)).json()["summary"]
    assert summary["activeAgents"] == "0"
    assert summary["tokens"] == {"knownExecutions": "0", "unknownExecutions": "0"}
    # Set to nothing, and so there.
    assert summary["cost"]["averageCostUsd"] == ""
    assert summary.keys().isdisjoint({"successRate", "duration", "healthScore", "asOf"})
    points = (await edge.rest.get(f"{METRICS}?metrics=a")).json()["timeSeries"][0]["points"]
    assert points == [{"value": {"integer": "0"}}, {}]


async def test_int64_is_exact(edge: Edge) -> None:
    agents = (await edge.rest.get("/v1/workspaces/acme/agents")).json()["agents"]
    assert agents[0]["executions"]["total"] == str(2**60)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=0, br", "br"),
        ("br;q=0, gzip", "gzip"),
    ],
)
async def test_json_is_compressed_for_those_who_ask(edge: Edge, accepted: str, coding: str) -> None:
    path = "/v1/workspaces/large/metrics?metrics=a"
    plain = await edge.rest.get(path, headers={"accept-encoding": "identity"})
    packed = await edge.rest.get(path, headers={"accept-encoding": accepted})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == coding
    assert packed.json() == plain.json()
    assert packed.num_bytes_downloaded < len(plain.content) / 5
