"""What a caller is told by Envoy when the limiter says no."""

import asyncio
import socket
from collections.abc import AsyncIterator
from string import Template
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cli.edge.program import command
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.stack import ROOT, Stack

CONFIG = ROOT / "tests" / "support" / "limits_envoy.yaml"


@pytest.fixture(scope="module")
async def port(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    """Of an Envoy that asks the stack's limiter about everything, as about exports."""
    port, folder = free_port(), tmp_path_factory.mktemp("limits-edge")
    limiter = stack.running["limits"].address.rpartition(":")[2]
    config = folder / "envoy.yaml"
    config.write_text(Template(CONFIG.read_text()).substitute(port=port, limiter=limiter))
    with (folder / "envoy.log").open("wb") as log:
        envoy = await asyncio.create_subprocess_exec(
            *command(config, concurrency=1), stdout=log, stderr=log
        )
    try:
        await until_listening(port)
        yield port
    finally:
        envoy.terminate()
        await envoy.wait()


async def until_listening(port: int) -> None:
    async with asyncio.timeout(15):
        while not is_listening(port):  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.05)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_grpc_is_told_when_to_come_back(port: int, keys: KeyRing, workspace: str) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)

        def check() -> Any:
            return stub.Check(
                health_pb2.HealthCheckRequest(), metadata=keys.metadata(workspace), timeout=10
            )

        for _ in range(5):
            await check()
        found = await refused(check())
    assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert found.metadata["class"] == "exports"
    assert found.retry_seconds
    assert 3500 < found.retry_seconds <= 3661
    assert "5 requests in 3600 s" in found.message


async def test_http_is_told_what_is_left_and_when_to_come_back(
    port: int, keys: KeyRing, workspace: str
) -> None:
    told = {
        "authorization": f"Bearer {keys.token(workspace)}",
        "x-test-path": f"/v1/workspaces/{workspace}/metrics",
    }
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=told, trust_env=False
    ) as client:
        answers = [await client.get("/") for _ in range(6)]
    assert [one.status_code == 429 for one in answers] == [False] * 5 + [True]
    left = [one.headers["x-ratelimit-remaining"] for one in answers]
    assert left == ["4", "3", "2", "1", "0", "0"]
    last = answers[-1]
    assert last.headers["x-ratelimit-limit"].startswith("5, 5;w=3600")
    assert last.headers["x-ratelimit-reset"] == last.headers["retry-after"]
    assert 3500 < int(last.headers["retry-after"]) <= 3661
    assert "grpc-status-details-bin" not in last.headers
    assert "5 requests in 3600 s" in last.text
