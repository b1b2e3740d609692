"""Who says which requests are recorded: callers from outside do not, services do."""

import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from shadower.agents.v1 import agents_service_pb2, agents_service_pb2_grpc

from cli.edge.model import EdgeModel, Tracing
from cli.edge.tracing import EdgeTraceSettings, tracing_of
from tests.support.edge import Edge, Keys, running_edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import SUMMARY

NOWHERE = "http://127.0.0.1:1"
TRIES = 64


@pytest.fixture(scope="module")
async def traced_edge(
    model: EdgeModel,
    edge_keys: Keys,
    backend: Backend,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Edge]:
    """Records half of the requests."""
    folder = tmp_path_factory.mktemp("traced")
    mesh = f"unix:{folder}/mesh.sock"
    traced = replace(model, mesh=mesh, tracing=Tracing(NOWHERE, percent=50))
    async with running_edge(folder, traced, edge_keys) as running:
        yield running


def flagged(trace_id: str, flag: str) -> str:
    return f"00-{trace_id}-{secrets.token_hex(8)}-{flag}"


def seen_by(backend: Backend, trace_id: str) -> str:
    """What the service is told of recording; the trace is the caller's."""
    version, seen, _, flag = backend.metadata["traceparent"].split("-")
    assert (version, seen) == ("00", trace_id)
    return flag


@pytest.mark.parametrize("flag", ["00", "01"])
async def test_a_caller_keeps_his_trace_and_decides_nothing(
    traced_edge: Edge, backend: Backend, flag: str
) -> None:
    # The least of all, which a choice by the id would always record; and a lot of his own.
    trace_id = f"{1:032x}"
    told = {"traceparent": flagged(trace_id, flag), "x-shadower-lot": "0"}
    seen: Counter[str] = Counter()
    for _ in range(TRIES):
        assert (await traced_edge.rest.get(SUMMARY, headers=told)).status_code == 200
        seen[seen_by(backend, trace_id)] += 1
    # One of them fails to come with a chance of 2 to the power of -63.
    assert set(seen) == {"00", "01"}
    assert "x-shadower-lot" not in backend.metadata


async def test_who_brings_no_trace_has_a_new_one(traced_edge: Edge, backend: Backend) -> None:
    seen = set()
    for _ in range(TRIES):
        await traced_edge.rest.get(SUMMARY)
        seen.add(backend.metadata["traceparent"].rpartition("-")[2])
    assert seen == {"00", "01"}


@pytest.mark.parametrize("flag", ["00", "01"])
async def test_services_say_which_of_their_calls_are_recorded(
    traced_edge: Edge, backend: Backend, flag: str
) -> None:
    request = agents_service_pb2.ListAgentsRequest(workspace_id="acme")
    async with grpc.aio.insecure_channel(traced_edge.model.mesh) as channel:
        stub: Any = agents_service_pb2_grpc.AgentsServiceStub(channel)
        for _ in range(8):
            trace_id = secrets.token_hex(16)
            metadata = (*traced_edge.metadata(), ("traceparent", flagged(trace_id, flag)))
            await stub.ListAgents(request, metadata=metadata, timeout=10, wait_for_ready=True)
            assert seen_by(backend, trace_id) == flag


@pytest.mark.parametrize(
    ("percent", "lot"), [(0, "00000000"), (10, "1999999a"), (50, "80000000"), (100, "g")]
)
def test_as_many_lots_are_drawn_as_requests_are_recorded(percent: float, lot: str) -> None:
    assert Tracing(NOWHERE, percent).lot == lot


@pytest.mark.parametrize("heeds", [False, True])
@pytest.mark.parametrize("sampler", ["parentbased_traceidratio", "traceidratio"])
def test_callers_are_heeded_where_somebody_says_so(sampler: str, *, heeds: bool) -> None:
    given: dict[str, Any] = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": NOWHERE,
        "OTEL_TRACES_SAMPLER": sampler,
        "SHADOWER_EDGE_HEED_SAMPLING": heeds,
    }
    tracing = tracing_of(EdgeTraceSettings(**given))
    assert tracing is not None
    assert tracing.casts_lots is not (heeds and sampler.startswith("parentbased_"))
