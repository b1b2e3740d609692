"""One request is one trace, from the edge to the database and to those who are told of it."""

import json
import secrets

from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest

from tests.e2e.conftest import WholeWay
from tests.support.collector import Collector, Trace
from tests.support.runs import agent_runs, execution
from tests.support.stack import Stack

SUMMARY = "shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary"
RECORD = "shadower.ingest.v1.IngestService/RecordExecutions"
INTERVAL = {
    "interval.startTime": "2026-01-01T00:00:00Z",
    "interval.endTime": "2026-01-02T00:00:00Z",
}


def traced(*, recorded: bool = True) -> tuple[str, str]:
    """The id of a trace, and where in it a caller is."""
    trace_id = secrets.token_hex(16)
    return trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-0{int(recorded)}"


def upstream_of(rpc: str) -> str:
    """As Envoy's statistics name it, and so its spans."""
    return rpc.partition("/")[0].replace(".", "_")


async def summary(way: WholeWay, workspace: str, traceparent: str) -> None:
    answer = await way.http.get(
        f"/v1/workspaces/{workspace}/summary",
        params=INTERVAL,
        headers=way.bearer(workspace) | {"traceparent": traceparent},
    )
    assert answer.status_code == 200


def line_of(stack: Stack, service: str, trace_id: str) -> dict[str, str]:
    """The line that the call has in the service's log."""
    lines = stack.running[service].log.read_text().splitlines()
    [line] = [json.loads(one) for one in lines if trace_id in one]
    found: dict[str, str] = line
    return found


async def test_a_read_goes_from_the_edge_by_the_cache_to_the_database(
    whole_way: WholeWay, collector: Collector, workspace: str, stack: Stack
) -> None:
    trace_id, traceparent = traced()
    await summary(whole_way, workspace, traceparent)
    trace = await collector.trace_with(trace_id, lambda trace: _is_whole(trace, "workspaces"))
    [commit] = trace.named("COMMIT")
    route = f"router {upstream_of(SUMMARY)} egress"
    assert trace.path(commit) == [SUMMARY, route, SUMMARY, "cache", "COMMIT"]
    edge, call = sorted(trace.named(SUMMARY), key=lambda span: span.start)
    assert [(one.service, one.kind) for one in (edge, call)] == [
        ("edge", "server"),
        ("workspaces", "server"),
    ]
    assert edge.parent_id == traceparent.split("-")[2]
    assert call.attributes["shadower.workspace_id"] == workspace
    [look] = trace.named("cache")
    assert look.attributes == {"shadower.cache.outcome": "calculated"}
    assert {one.attributes["db.system.name"] for one in trace.spans if _is_statement(one.name)} == {
        "postgresql"
    }
    line = line_of(stack, "workspaces", trace_id)
    assert (line["trace_id"], line["span_id"]) == (trace_id, call.span_id)
    assert (line["request_id"], line["workspace_id"]) == (trace_id, workspace)
    # A query may hold a secret.
    assert not [one for one in trace.of("edge") if "?" in str(one.attributes.get("http.url"))]


async def test_an_ingestion_goes_on_with_those_who_are_told_of_it(
    whole_way: WholeWay, collector: Collector, workspace: str, stack: Stack
) -> None:
    trace_id, traceparent = traced()
    batch = RecordExecutionsRequest(
        workspace_id=workspace, executions=[execution(row) for row in agent_runs()[:3]]
    )
    metadata = (*whole_way.keys.metadata(workspace), ("traceparent", traceparent))
    await whole_way.stubs.ingest.RecordExecutions(batch, metadata=metadata)
    told = "process workspace.updated"
    trace = await collector.trace_with(
        trace_id,
        lambda trace: (
            _is_whole(trace, "ingest")
            and {"metrics", "workspaces"} <= {one.service for one in trace.named(told)}
        ),
    )
    route = f"router {upstream_of(RECORD)} egress"
    [copied] = trace.named("COPY arriving_executions")
    assert trace.path(copied) == [RECORD, route, RECORD, "record", copied.name]
    for service in ("metrics", "workspaces"):
        [handled] = [one for one in trace.named(told) if one.service == service]
        assert trace.path(handled) == [RECORD, route, RECORD, "record", told]
        assert handled.kind == "consumer"
    assert line_of(stack, "ingest", trace_id)["trace_id"] == trace_id


async def test_what_a_caller_does_not_want_recorded_is_only_logged(
    whole_way: WholeWay, collector: Collector, workspace: str, stack: Stack
) -> None:
    unrecorded, traceparent = traced(recorded=False)
    await summary(whole_way, workspace, traceparent)
    recorded, traceparent = traced()
    await summary(whole_way, workspace, traceparent)
    await collector.trace_with(recorded, lambda trace: _is_whole(trace, "workspaces"))
    assert collector.trace(unrecorded).spans == []
    assert line_of(stack, "workspaces", unrecorded)["trace_id"] == unrecorded


def _is_whole(trace: Trace, service: str) -> bool:
    """The service and the edge have told the last that they do."""
    answered = [one for one in trace.of(service) if one.kind == "server"]
    return bool(answered) and any(one.kind == "server" for one in trace.of("edge"))


def _is_statement(name: str) -> bool:
    return name.partition(" ")[0] in {"SELECT", "BEGIN", "COMMIT", "EXPLAIN"}
