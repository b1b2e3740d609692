"""What exporters are told when there is no room, or nobody: to come back, and when."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cli.edge.model import EdgeModel, Issuer, Upstream
from tests.support.edge import Edge, Keys, running_edge
from tests.support.keys import AUDIENCE, ISSUER, KeyRing
from tests.support.oracle import by_sql
from tests.support.otlp import export, otlp_span
from tests.support.stack import SERVICES, Environment, Running, Stack, ready, start, stop

AT_ONCE = 40


@pytest.fixture(scope="module")
async def narrow(
    stack: Stack, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Ingestion with room for one call."""
    folder = tmp_path_factory.mktemp("narrow")
    extra = (("SHADOWER_MAX_CONCURRENT_CALLS", "1"),)
    service = start("ingest", Environment(stack.database_url, jwks_file, folder, extra))
    try:
        await ready(service)
        yield service
    finally:
        if service.process.poll() is None:
            stop(service)


@pytest.fixture(scope="module")
async def narrow_edge(
    narrow: Running, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    folder = tmp_path_factory.mktemp("narrow-edge")
    model = EdgeModel(
        upstreams=(Upstream(SERVICES["ingest"], (narrow.address,)),),
        issuers=(Issuer(ISSUER, AUDIENCE, jwks_file),),
        descriptor=folder / "contract.binpb",
    )
    async with running_edge(folder, model, Keys()) as edge:
        yield edge


async def post(edge: Edge, bearer: str, number: int) -> httpx.Response:
    body = export(otlp_span(number)).SerializeToString()
    headers = {"content-type": "application/x-protobuf", "authorization": bearer}
    return await edge.anonymous.post("/v1/traces", content=body, headers=headers)


async def test_a_full_server_and_an_absent_one_say_when_to_come_back(
    narrow: Running, narrow_edge: Edge, stack: Stack, keys: KeyRing, workspace: str
) -> None:
    bearer = f"Bearer {keys.token(workspace)}"
    numbers = range(1, AT_ONCE + 1)
    replies = await asyncio.gather(*(post(narrow_edge, bearer, n) for n in numbers))
    refused = [reply for reply in replies if reply.status_code != 200]
    assert 0 < len(refused) < AT_ONCE
    assert {(one.status_code, one.headers["retry-after"]) for one in refused} == {(429, "1")}
    stored = by_sql(
        stack.database_url, "select count(*) from spans where workspace_id = %s", workspace
    )
    assert stored == [(AT_ONCE - len(refused),)]
    stop(narrow)
    reply = await post(narrow_edge, bearer, 1)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
