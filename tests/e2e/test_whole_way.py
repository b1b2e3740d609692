"""Through Envoy and the services to the database and back: JSON says what gRPC says."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, Parse, ParseDict
from google.protobuf.message import Message
from shadower.agents.v1 import agents_service_pb2 as agents
from shadower.aggregates.v1 import aggregates_service_pb2 as aggregates
from shadower.ingest.v1 import ingest_service_pb2 as ingest
from shadower.metrics.v1 import metrics_service_pb2 as metrics
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces

from tests.e2e.conftest import WholeWay
from tests.support.runs import agent_runs, execution

WORKSPACE = "real-runs"
INTERVAL = {"start_time": "2025-07-01T00:00:00Z", "end_time": "2025-10-01T00:00:00Z"}
SPAN = {"interval.startTime": INTERVAL["start_time"], "interval.endTime": INTERVAL["end_time"]}


@pytest.fixture(scope="module")
async def loaded(whole_way: WholeWay) -> WholeWay:
    """The real runs, recorded through the edge."""
    metadata = whole_way.keys.metadata(WORKSPACE)
    runs = [execution(row) for row in agent_runs()]
    for first in range(0, len(runs), 1000):
        batch = ingest.RecordExecutionsRequest(
            workspace_id=WORKSPACE, executions=runs[first : first + 1000]
        )
        await whole_way.stubs.ingest.RecordExecutions(batch, metadata=metadata)
    return whole_way


READS: dict[str, tuple[Any, dict[str, Any], str, list[tuple[str, str]]]] = {
    "summary": (
        workspaces.GetWorkspaceSummaryRequest,
        {"interval": INTERVAL, "time_zone": "Europe/Berlin"},
        "summary",
        [*SPAN.items(), ("timeZone", "Europe/Berlin")],
    ),
    "agents": (
        agents.ListAgentsRequest,
        {
            "interval": INTERVAL,
            "order_by": "AGENT_ORDER_SUCCESS_RATE",
            "filter": {"agent_ids": ["droid", "openhands"], "statuses": [2, 3, 4]},
        },
        "agents",
        [
            *SPAN.items(),
            ("orderBy", "AGENT_ORDER_SUCCESS_RATE"),
            ("filter.agentIds", "droid"),
            ("filter.agentIds", "openhands"),
            ("filter.statuses", "EXECUTION_STATUS_SUCCEEDED"),
            ("filter.statuses", "EXECUTION_STATUS_FAILED"),
            ("filter.statuses", "EXECUTION_STATUS_TIMED_OUT"),
        ],
    ),
    "performance": (
        agents.GetAgentPerformanceRequest,
        {"interval": INTERVAL, "agent_id": "openhands"},
        "agents/openhands/performance",
        list(SPAN.items()),
    ),
    "metrics": (
        metrics.GetMetricsRequest,
        {
            "interval": INTERVAL,
            "metrics": ["success_rate", "duration_p95", "errors"],
            "group_by": ["DIMENSION_AGENT", "DIMENSION_MODEL"],
            "granularity": "GRANULARITY_DAY",
        },
        "metrics",
        [
            *SPAN.items(),
            ("metrics", "success_rate"),
            ("metrics", "duration_p95"),
            ("metrics", "errors"),
            ("groupBy", "DIMENSION_AGENT"),
            ("groupBy", "DIMENSION_MODEL"),
            ("granularity", "GRANULARITY_DAY"),
        ],
    ),
    "registry": (metrics.ListMetricsRequest, {}, "metricDescriptors", []),
}


def _call(way: WholeWay, request: Message) -> Any:
    stubs = way.stubs
    methods = {
        "GetWorkspaceSummaryRequest": stubs.workspaces.GetWorkspaceSummary,
        "ListAgentsRequest": stubs.agents.ListAgents,
        "GetAgentPerformanceRequest": stubs.agents.GetAgentPerformance,
        "GetMetricsRequest": stubs.metrics.GetMetrics,
        "ListMetricsRequest": stubs.metrics.ListMetrics,
        "CalculateAggregatesRequest": stubs.aggregates.CalculateAggregates,
    }
    return methods[type(request).__name__](request, metadata=way.keys.metadata(WORKSPACE))


def _without_time(message: Message) -> Any:
    """All of an answer but the moment at which it was given."""

    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stripped(inner) for key, inner in value.items() if key != "asOf"}
        return [stripped(inner) for inner in value] if isinstance(value, list) else value

    return stripped(MessageToDict(message))


@pytest.mark.parametrize("name", READS)
async def test_a_read_says_the_same_by_json_and_by_grpc(loaded: WholeWay, name: str) -> None:
    kind, fields, path, query = READS[name]
    by_grpc = await _call(loaded, ParseDict({"workspace_id": WORKSPACE} | fields, kind()))
    answer = await loaded.http.get(
        f"/v1/workspaces/{WORKSPACE}/{path}", params=query, headers=loaded.bearer(WORKSPACE)
    )
    assert answer.status_code == 200, answer.text
    by_json = Parse(answer.text, type(by_grpc)())
    assert _without_time(by_json) == _without_time(by_grpc)
    assert _without_time(by_json) != {}


async def test_the_short_path_of_metrics_says_the_same(loaded: WholeWay) -> None:
    query = [*SPAN.items(), ("metrics", "executions")]
    bearer = loaded.bearer(WORKSPACE)
    answers = [
        await loaded.http.get(path, params=query, headers=bearer)
        for path in (f"/v1/workspaces/{WORKSPACE}/metrics", f"/api/v1/metrics/{WORKSPACE}")
    ]
    values = [answer.json()["timeSeries"][0]["points"][0]["value"] for answer in answers]
    assert values == [{"integer": "1528"}] * 2


async def test_aggregates_say_the_same_by_json_and_by_grpc(loaded: WholeWay) -> None:
    body = {
        "interval": INTERVAL,
        "aggregations": [
            {"field": "FIELD_DURATION", "function": "FUNCTION_PERCENTILE", "percentile": 99.9},
            {"field": "FIELD_EXECUTION", "function": "FUNCTION_COUNT"},
        ],
        "group_by": ["DIMENSION_ERROR_TYPE"],
        "granularity": "GRANULARITY_MONTH",
        "gap_fill": "GAP_FILL_EMPTY",
    }
    request = ParseDict({"workspace_id": WORKSPACE} | body, aggregates.CalculateAggregatesRequest())
    by_grpc = await _call(loaded, request)
    answer = await loaded.http.post(
        f"/v1/workspaces/{WORKSPACE}/aggregates:calculate",
        json=body,
        headers=loaded.bearer(WORKSPACE),
    )
    assert answer.status_code == 200, answer.text
    by_json = Parse(answer.text, aggregates.CalculateAggregatesResponse())
    assert _without_time(by_json) == _without_time(by_grpc)
    assert len(by_json.rows) == 3 * 3


RUN = {
    "executionId": "run-1",
    "agentId": "a",
    "status": "EXECUTION_STATUS_SUCCEEDED",
    "startTime": "2026-01-01T00:00:00Z",
    "costUsd": "0.000000000001",
}
POINT = {"metricType": "queue.depth", "value": 3.5, "timestamp": "2026-01-01T00:00:00Z"}
EVENT = {"type": "EVENT_TYPE_USER_LOGIN", "timestamp": "2026-01-01T00:00:00Z", "data": {"a": [1]}}
BATCHES = {
    "executions:batch": {"executions": [RUN]},
    "metricPoints:batch": {"metricPoints": [POINT]},
    "events:batch": {"events": [EVENT]},
}


@pytest.mark.parametrize("path", BATCHES)
async def test_what_json_records_is_stored_once(
    whole_way: WholeWay, workspace: str, path: str
) -> None:
    counts = []
    for _ in range(2):
        answer = await whole_way.http.post(
            f"/v1/workspaces/{workspace}/{path}",
            json=BATCHES[path],
            headers=whole_way.bearer(workspace),
        )
        assert answer.status_code == 200, answer.text
        counts.append(answer.json()["counts"])
    assert [(count["stored"], count["duplicate"]) for count in counts] == [(1, 0), (0, 1)]


async def test_a_stream_of_json_batches_is_acknowledged_in_order(
    whole_way: WholeWay, workspace: str
) -> None:
    batches = [{"sequence": 7, "executions": [RUN]}, {"sequence": 8, "events": [EVENT, EVENT]}]
    answer = await whole_way.http.post(
        f"/v1/workspaces/{workspace}/records:stream",
        content=json.dumps(batches),
        headers=whole_way.bearer(workspace) | {"content-type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    told = [(int(ack["sequence"]), ack["counts"]["stored"]) for ack in answer.json()]
    assert told == [(7, 1), (8, 1)]


async def test_a_live_stream_reaches_json_as_server_sent_events(
    whole_way: WholeWay, workspace: str
) -> None:
    path = f"/v1/workspaces/{workspace}/metrics:stream"
    bearer = whole_way.bearer(workspace)
    query = {
        "metrics": "executions",
        "heartbeatInterval": "1s",
        "interval.startTime": "2026-01-01T00:00:00Z",
        "interval.endTime": "2026-01-02T00:00:00Z",
    }
    await whole_way.http.post(
        f"/v1/workspaces/{workspace}/executions:batch", json={"executions": [RUN]}, headers=bearer
    )
    async with whole_way.http.stream("GET", path, params=query, headers=bearer) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in stream.aiter_lines() if line.startswith("data:")]
    messages = [json.loads(line.removeprefix("data:")) for line in lines]
    series = messages[0]["snapshot"]["timeSeries"]
    assert series[0]["points"][0]["value"] == {"integer": "1"}
    assert messages[-1]["status"]["code"] == 0
