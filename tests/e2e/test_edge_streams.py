"""Streams through the edge, as JSON and as gRPC."""

import asyncio
import json

import grpc
from shadower.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc

from tests.support.edge import Edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import (
    RECORDS,
    StreamMetrics,
    grpc_refusal,
    metrics_of,
)


async def test_metrics_stream_as_events_as_they_come(edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    path = "/v1/workspaces/acme/metrics:stream"
    async with edge.rest.stream("GET", path, headers={"accept-encoding": "gzip"}) as reply:
        assert reply.headers["content-type"] == "text/event-stream"
        assert "content-encoding" not in reply.headers
        chunks = reply.aiter_text()
        first = await anext(chunks)
        backend.gate.set()
        events = (first + "".join([chunk async for chunk in chunks])).strip().split("\n\n")
    assert first.count("data: ") == 1
    messages = [json.loads(event.removeprefix("data: ")) for event in events]
    assert [message["cursor"] for message in messages] == ["1", "2", "3"]
    assert messages[0]["snapshot"] == {"timeSeries": []}
    assert messages[2]["status"]["code"] == 3


async def test_records_stream_as_an_array_each_way(edge: Edge, backend: Backend) -> None:
    before = len(backend.messages)
    batches = [{"sequence": "1", "events": [{}]}, {"sequence": 2}, {"sequence": 3}]
    reply = await edge.rest.post(RECORDS, json=batches)
    assert reply.headers["content-type"] == "application/json"
    assert [ack["sequence"] for ack in reply.json()] == ["1", "2", "3"]
    assert reply.json()[0]["counts"]["stored"] == 1
    seen = backend.messages[before:]
    assert [request.workspace_id for request in seen] == ["acme", "", ""]


async def test_no_records_are_no_acknowledgements(edge: Edge) -> None:
    assert (await edge.rest.post(RECORDS, json=[])).json() == []


async def test_more_than_a_hundred_streams_on_one_connection(edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    stub, request = metrics_of(edge), StreamMetrics(workspace_id="acme")
    calls = [stub.StreamMetrics(request, metadata=edge.metadata()) for _ in range(120)]
    async with asyncio.timeout(20):
        first = [await call.read() for call in calls]
    assert [message.cursor for message in first] == ["1"] * 120
    for call in calls:
        call.cancel()
    backend.gate.set()


async def test_records_flow_both_ways_before_the_request_ends(edge: Edge) -> None:
    stub = ingest_service_pb2_grpc.IngestServiceStub(edge.channel)
    call = stub.StreamRecords(metadata=edge.metadata())
    for sequence in (1, 2, 3):
        request = ingest_service_pb2.StreamRecordsRequest(workspace_id="acme", sequence=sequence)
        await call.write(request)
        assert (await call.read()).sequence == sequence
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF


async def test_streams_outlive_the_time_of_unary_calls(hasty_edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    path = "/v1/workspaces/acme/metrics:stream"
    call = metrics_of(hasty_edge).StreamMetrics(
        StreamMetrics(workspace_id="acme"), metadata=hasty_edge.metadata()
    )
    async with hasty_edge.rest.stream("GET", path) as reply:
        await asyncio.sleep(2.5)
        backend.gate.set()
        events = "".join([chunk async for chunk in reply.aiter_text()])
    assert events.count("data: ") == 3
    assert len([message async for message in call]) == 3


async def test_a_stream_ends_at_the_callers_deadline(edge: Edge, backend: Backend) -> None:
    backend.gate.clear()
    call = metrics_of(edge).StreamMetrics(
        StreamMetrics(workspace_id="acme"), metadata=edge.metadata(), timeout=0.5
    )
    assert (await call.read()).cursor == "1"
    assert (await grpc_refusal(call.read())).code() == grpc.StatusCode.DEADLINE_EXCEEDED
    backend.gate.set()
