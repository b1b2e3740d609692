"""Health of the edge: it follows the services, and a start is quick."""

import time
from dataclasses import replace
from pathlib import Path

import grpc

from cli.edge.model import EdgeModel, Upstream
from tests.support.edge import Edge, Keys, edge_model, running_edge
from tests.support.edge_backend import SERVICES, Backend, running_backend, serving
from tests.support.edge_calls import SUMMARY, GetMetrics, assert_refused, grpc_refusal, metrics_of
from tests.support.ports import free_port
from tests.support.waiting import until


async def test_health_follows_the_services(folder: Path, edge_keys: Keys) -> None:
    port = free_port()
    async with running_edge(folder, edge_model(folder, edge_keys, port), edge_keys) as edge:
        reply = await edge.anonymous.get("/health")
        assert (reply.status_code, reply.json()) == (503, {"status": "NOT_SERVING"})
        assert_refused(await edge.rest.get(SUMMARY), 503, 14)
        call = metrics_of(edge).GetMetrics(GetMetrics(), metadata=edge.metadata())
        error = await grpc_refusal(call)
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert error.details() == "no service can answer now"
        async with running_backend(port) as backend:
            assert await _seconds_until_health(edge, 200) < 3
            await serving(backend, SERVICES[-1:], healthy=False)
            assert await _seconds_until_health(edge, 503) < 8
            assert_refused(await edge.rest.get(SUMMARY), 503, 14)
            assert (await edge.rest.get("/v1/workspaces/acme/agents")).status_code == 200
            await serving(backend, SERVICES)
            assert await _seconds_until_health(edge, 200) < 3


async def _seconds_until_health(edge: Edge, status: int) -> float:
    started = time.perf_counter()
    await until(lambda: _health_is(edge, status))
    return time.perf_counter() - started


async def _health_is(edge: Edge, status: int) -> bool:
    return (await edge.anonymous.get("/health")).status_code == status


async def test_of_two_replicas_the_one_that_lives_answers(folder: Path, edge_keys: Keys) -> None:
    ports = (free_port(), free_port())
    addresses = tuple(f"127.0.0.1:{port}" for port in ports)
    model = replace(
        edge_model(folder, edge_keys, ports[0]),
        upstreams=tuple(Upstream(service, addresses) for service in SERVICES),
    )
    async with running_edge(folder, model, edge_keys) as edge:
        for port in ports:
            async with running_backend(port):
                assert await _seconds_until_health(edge, 200) < 5
                replies = [await edge.rest.get(SUMMARY) for _ in range(10)]
                assert {reply.status_code for reply in replies} == {200}
            assert await _seconds_until_health(edge, 503) < 8


async def test_a_start_is_ready_within_seconds(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    started = time.perf_counter()
    async with running_edge(folder, model, edge_keys) as edge:
        reply = await edge.anonymous.get("/health")
        assert (reply.status_code, reply.json()) == (200, {"status": "SERVING"})
        assert time.perf_counter() - started < 5
