"""Services call each other by the mesh listener, by certificates that are replaced meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from shadower.agents.v1.agents_service_pb2 import ListAgentsRequest
from shadower.agents.v1.agents_service_pb2_grpc import AgentsServiceStub

from services.runtime.certificate import Certificate
from services.runtime.channels import open_channel
from tests.support.edge_command import Ports, edge_process, until_serving
from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.stack import SERVICES, Environment, Running, Stack, start, stop
from tests.support.waiting import until
from tools.certificates import SERVER_NAME, Authority

AGENTS = SERVICES["agents"]
DAYS_LEFT = "envoy_server_days_until_first_cert_expiring"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Files:
    """Certificates that all of a mesh share, and those who vouch for them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority = Authority()
        trusted = self.authority.write(folder)
        self.certificate = Certificate(*self.authority.issue(folder), trusted, SERVER_NAME)

    def settings(self) -> dict[str, str]:
        return {
            "tls_certificate_file": str(self.certificate.chain),
            "tls_key_file": str(self.certificate.key),
            "tls_authority_file": str(self.certificate.authority),
        }

    def trust(self, *authorities: Authority) -> None:
        drafts = [one.write(self._folder / "drafts").read_bytes() for one in authorities]
        draft = self._folder / "drafts" / "all.pem"
        draft.write_bytes(b"".join(drafts))
        draft.replace(self.certificate.authority)

    def issue(self, authority: Authority, **more: Any) -> None:
        authority.issue(self._folder, **more)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "mesh"
    (folder / "drafts").mkdir(parents=True)
    return Files(folder)


@asynccontextmanager
async def agents(
    stack: Stack, jwks_file: Path, files: Files, logs: Path, health: str
) -> AsyncIterator[Running]:
    told = {**files.settings(), "environment": "production", "health_listen": health}
    extra = tuple((f"SHADOWER_{name.upper()}", value) for name, value in told.items())
    service = start("agents", Environment(stack.database_url, jwks_file, logs, extra))
    try:
        yield service
    finally:
        stop(service)


async def state(health: str, service: str) -> int:
    """What its port in plain tells of a service; UNKNOWN while it tells nothing."""
    async with grpc.aio.insecure_channel(health) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            return int((await stub.Check(request, timeout=5)).status)
        except grpc.aio.AioRpcError:
            return int(health_pb2.HealthCheckResponse.UNKNOWN)


async def until_state(health: str, expected: int) -> None:
    async def is_so() -> bool:
        return await state(health, AGENTS) == expected

    await until(is_so)


class Calls:
    """One after the other, until they are told to end."""

    def __init__(self, channel: grpc.aio.Channel, workspace: str, keys: KeyRing) -> None:
        self._stub: Any = AgentsServiceStub(channel)
        self._request = ListAgentsRequest(workspace_id=workspace)
        self._metadata = keys.metadata(workspace)
        self.ended = asyncio.Event()
        self.answered = 0

    async def once(self) -> None:
        await self._stub.ListAgents(self._request, metadata=self._metadata)
        self.answered += 1

    async def flow(self) -> None:
        while not self.ended.is_set():
            await self.once()
            await asyncio.sleep(0.02)


async def test_calls_flow_while_certificates_and_their_authority_are_replaced(
    *, stack: Stack, jwks_file: Path, keys: KeyRing, workspace: str, files: Files, tmp_path: Path
) -> None:
    ports, health = Ports.free(), f"127.0.0.1:{free_port()}"
    async with agents(stack, jwks_file, files, tmp_path, health) as service:
        settings = {
            **ports.told(),
            **files.settings(),
            "jwks_file": str(jwks_file),
            "edge_services": json.dumps({"agents": service.address}),
        }
        async with edge_process(**settings):
            await until_serving(f"http://127.0.0.1:{ports.edge}")
            assert await days_left(ports) == 0
            address = f"127.0.0.1:{ports.mesh}"
            async with open_channel(address, dict, certificate=files.certificate) as channel:
                calls = Calls(channel, workspace, keys)
                flowing = asyncio.create_task(calls.flow())
                await replace_all(files)
                before = calls.answered
                await asyncio.sleep(0.5)
                calls.ended.set()
                await flowing
                assert calls.answered > before
            for shown in (*strangers(tmp_path), expired(files.authority, tmp_path)):
                await is_refused(address, shown, workspace, keys)
        assert await state(health, "liveness") == await state(health, AGENTS) == SERVING
        await only_health_is_told(health, workspace, keys)
        await expires_and_is_renewed(files, health, service.log)


async def days_left(ports: Ports) -> int:
    """Of the first certificate of the edge that expires; these are for a day."""
    async with httpx.AsyncClient(trust_env=False) as client:
        told = await client.get(f"http://127.0.0.1:{ports.metrics}/stats/prometheus")
    [line] = [one for one in told.text.splitlines() if one.startswith(DAYS_LEFT)]
    return int(line.split()[-1])


async def replace_all(files: Files) -> None:
    """Both authorities are trusted for a while, or who is later than others would be refused."""
    other = Authority()
    for step in (
        lambda: files.trust(files.authority, other),
        lambda: files.issue(other),
        lambda: files.trust(other),
    ):
        step()
        await asyncio.sleep(1)
    files.authority = other


def strangers(folder: Path) -> list[Certificate | None]:
    """Who is vouched for by somebody else, and who shows nothing."""
    strange = folder / "strange"
    strange.mkdir()
    return [Files(strange).certificate, None]


def expired(authority: Authority, folder: Path) -> Certificate:
    late = folder / "late"
    late.mkdir()
    trusted = authority.write(late)
    return Certificate(*authority.issue(late, life=timedelta(seconds=-1)), trusted, SERVER_NAME)


async def is_refused(
    address: str, shown: Certificate | None, workspace: str, keys: KeyRing
) -> None:
    async with open_channel(address, dict, certificate=shown, seconds=2) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await Calls(channel, workspace, keys).once()
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def only_health_is_told(health: str, workspace: str, keys: KeyRing) -> None:
    async with open_channel(health, dict) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await Calls(channel, workspace, keys).once()
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def expires_and_is_renewed(files: Files, health: str, log: Path) -> None:
    files.issue(files.authority, life=timedelta(seconds=-1))
    await until_state(health, NOT_SERVING)
    assert await state(health, "liveness") == SERVING
    assert "the mesh certificate expired at" in await asyncio.to_thread(log.read_text)
    files.issue(files.authority)
    await until_state(health, SERVING)
