"""More reads than an edge lets through to a service at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from google.rpc.status_pb2 import Status
from shadower.ingest.v1.ingest_service_pb2 import RecordEventsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.metrics.v1.metrics_service_pb2 import (
    GetMetricsRequest,
    ListMetricsRequest,
    StreamMetricsRequest,
)
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from cli.edge.model import EdgeModel
from tests.support.edge import Edge, Keys, running_edge
from tests.support.edge_backend import Backend
from tests.support.errors import Refusal, refusal_in, refused
from tests.support.waiting import until

ROOM = 2
METRICS = "/v1/workspaces/acme/metrics?metrics=executions"
EXPECTED = Refusal(
    code=grpc.StatusCode.RESOURCE_EXHAUSTED,
    message="more is asked than can be answered soon",
    reason="SERVER_BUSY",
    metadata={},
    fields=(),
    retry_seconds=1,
)


@pytest.fixture(scope="module")
async def narrow(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> AsyncIterator[Edge]:
    """Room for two reads of a service, however soon they are answered."""
    own = replace(model, least_reads=ROOM, most_reads=ROOM, mesh=f"unix:{folder / 'narrow.sock'}")
    async with running_edge(folder, own, edge_keys) as running:
        yield running


@asynccontextmanager
async def full(edge: Edge, backend: Backend, channel: Any = None) -> AsyncIterator[None]:
    """While as many reads are under way as there is room for."""
    backend.messages.clear()
    stub: Any = MetricsServiceStub(channel or edge.channel)
    request = GetMetricsRequest(workspace_id="slow")
    held = [stub.GetMetrics(request, metadata=edge.metadata()) for _ in range(ROOM)]

    async def have_come() -> bool:
        return len(backend.messages) == ROOM

    await until(have_come)
    try:
        yield
    finally:
        for call in held:
            call.cancel()
        await asyncio.wait([asyncio.ensure_future(call.code()) for call in held])


async def test_a_read_too_many_is_refused_in_every_protocol(narrow: Edge, backend: Backend) -> None:
    stub: Any = MetricsServiceStub(narrow.channel)
    request = GetMetricsRequest(workspace_id="acme", metrics=["executions"])
    async with full(narrow, backend):
        assert await refused(stub.GetMetrics(request, metadata=narrow.metadata())) == EXPECTED
        reply = await narrow.rest.get(METRICS)
        assert reply.status_code == 429
        assert reply.headers["retry-after"] == "1"
        assert refusal_in(ParseDict(reply.json(), Status())) == EXPECTED
        assert len(backend.messages) == ROOM


async def test_a_read_too_many_within_the_mesh_is_refused(narrow: Edge, backend: Backend) -> None:
    request = GetMetricsRequest(workspace_id="acme", metrics=["executions"])
    async with grpc.aio.insecure_channel(narrow.model.mesh) as mesh:
        stub: Any = MetricsServiceStub(mesh)
        async with full(narrow, backend, mesh):
            assert await refused(stub.GetMetrics(request)) == EXPECTED
            # Reads from outside have room of their own.
            assert (await narrow.rest.get(METRICS)).status_code == 200


async def test_reads_leave_room_for_what_is_no_read(narrow: Edge, backend: Backend) -> None:
    metrics: Any = MetricsServiceStub(narrow.channel)
    ingest: Any = IngestServiceStub(narrow.channel)
    async with full(narrow, backend):
        await ingest.RecordEvents(
            RecordEventsRequest(workspace_id="acme"), metadata=narrow.metadata()
        )
        stream = metrics.StreamMetrics(
            StreamMetricsRequest(workspace_id="acme"), metadata=narrow.metadata()
        )
        assert (await stream.read()).HasField("snapshot")
        stream.cancel()
        assert (await narrow.rest.get("/v1/workspaces/acme/agents")).status_code == 200
        assert (await narrow.anonymous.get("/health")).status_code == 200


async def test_there_is_room_again_when_reads_have_ended(narrow: Edge, backend: Backend) -> None:
    async with full(narrow, backend):
        assert (await narrow.rest.get(METRICS)).status_code == 429
    stub: Any = MetricsServiceStub(narrow.channel)
    await stub.ListMetrics(ListMetricsRequest(workspace_id="acme"), metadata=narrow.metadata())
    assert (await narrow.rest.get(METRICS)).status_code == 200


async def test_many_reads_are_let_through_while_they_are_answered_soon(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    """There is room for one at first. Whoever is refused comes again, as a caller would."""
    own = replace(model, least_reads=1, most_reads=64, soon_seconds=5.0)
    async with running_edge(folder, own, edge_keys) as edge:

        async def is_room_for_all() -> bool:
            replies = await asyncio.gather(*(edge.rest.get(METRICS) for _ in range(32)))
            return {reply.status_code for reply in replies} == {200}

        await until(is_room_for_all)
