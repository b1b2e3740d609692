"""What GraphQL asks of a service, and how: once, with the caller's token, deadline and trace, and
no longer than somebody waits for it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from shadower.ingest.v1.pricing_service_pb2 import GetPriceTableResponse
from shadower.ingest.v1.pricing_service_pb2_grpc import (
    PricingServiceServicer,
    add_PricingServiceServicer_to_server,
)

from tests.support.keys import KeyRing
from tests.support.web import Web, running_web

QUERY = '{priceTable(workspaceId: "w") {version prices {models}}}'
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass
class Prices:
    """Notes who asks, and takes its time where it is told to."""

    seconds: float = 0
    models: int = 1
    calls: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Any, context: Any) -> GetPriceTableResponse:
        metadata = dict(context.invocation_metadata())
        self.calls.append((request.workspace_id, context.time_remaining(), metadata))
        self.asked.set()
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        models = [f"model-{number}" for number in range(self.models)]
        return GetPriceTableResponse(version="7", prices=[{"models": models}])


@dataclass
class Before(PricingServiceServicer):
    """Passes questions on to the prices of the test."""

    prices: Prices

    async def GetPriceTable(self, request: Any, context: Any) -> GetPriceTableResponse:
        return await self.prices.answer(request, context)


@pytest.fixture(scope="module")
def before() -> Before:
    return Before(Prices())


@pytest.fixture
def prices(before: Before) -> Prices:
    before.prices = Prices()
    return before.prices


@pytest.fixture(scope="module")
async def web(
    before: Before, keys: KeyRing, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    server = grpc.aio.server()
    add_PricingServiceServicer_to_server(before, server)
    mesh = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    limits = {"graphql_items": 100, "max_concurrent_calls": 1}
    logs = tmp_path_factory.mktemp("web")
    try:
        async with running_web(mesh, keys, jwks_file, logs, **limits) as running:
            yield running
    finally:
        await server.stop(None)


async def test_questions_are_asked_once_and_as_they_came(
    web: Web, prices: Prices, keys: KeyRing
) -> None:
    token = keys.token("w")
    headers = {
        "authorization": f"Bearer {token}",
        "traceparent": TRACE,
        "x-request-id": "r-1",
        "grpc-timeout": "2500m",
        "x-shadower-workspace": "elsewhere",
    }
    same = 'priceTable(workspaceId: "w") {version}'
    other = 'priceTable(workspaceId: "v") {version}'
    content = {"query": f"{{a: {same} b: {same} c: {other} {same}}}"}
    answer = await web.http.post("/graphql", json=content, headers=headers)
    table = {"version": "7"}
    assert answer.json() == {"data": dict.fromkeys(["a", "b", "c", "priceTable"], table)}
    assert sorted(workspace for workspace, _, _ in prices.calls) == ["v", "w"]
    for _, left, metadata in prices.calls:
        assert 0 < left <= 2.6
        assert metadata["authorization"] == f"Bearer {token}"
        assert (metadata["traceparent"], metadata["x-request-id"]) == (TRACE, "r-1")
        assert "x-shadower-workspace" not in metadata
    # Another request asks anew.
    await web.ask(token, QUERY)
    assert len(prices.calls) == 3


async def test_nobody_waits_so_nothing_is_done(web: Web, prices: Prices, keys: KeyRing) -> None:
    prices.seconds = 30
    token = keys.token("w")
    asking = asyncio.create_task(web.ask(token, QUERY))
    await asyncio.wait_for(prices.asked.wait(), 10)
    busy = await web.ask(token, QUERY)
    assert busy.status_code == 429
    assert busy.json()["errors"][0]["extensions"]["reason"] == "SERVER_BUSY"
    asking.cancel()
    await asyncio.wait_for(prices.cancelled.wait(), 5)
    prices.seconds = 0
    assert (await web.ask(token, QUERY)).status_code == 200


async def test_an_answer_that_is_too_large_is_not_told(
    web: Web, prices: Prices, keys: KeyRing
) -> None:
    prices.models = 200
    answer = (await web.ask(keys.token("w"), QUERY)).json()
    assert answer["data"] == {"priceTable": None}
    [error] = answer["errors"]
    assert error["extensions"]["reason"] == "OPERATION_TOO_LARGE"
    assert error["extensions"]["details"][0]["metadata"] == {"measure": "items", "limit": "100"}


async def test_what_a_service_does_not_know_is_unavailable(web: Web, keys: KeyRing) -> None:
    answer = await web.ask(keys.token("w"), '{rollups(workspaceId: "w") {asOf}}')
    assert answer.json()["errors"][0]["extensions"]["reason"] == "SERVICE_UNREACHABLE"
