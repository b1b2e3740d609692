"""Callers of every kind, who send requests through the edge while its keys are replaced."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
from shadower.common.v1.limit_class_pb2 import LIMIT_CLASS_DASHBOARDS, LIMIT_CLASS_INGESTION
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.limits.v1.limit_pb2 import LIMIT_SCOPE_USER, LIMIT_SCOPE_WORKSPACE
from shadower.limits.v1.limits_service_pb2 import UpdateLimitRequest
from shadower.limits.v1.limits_service_pb2_grpc import LimitsServiceStub
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from services.runtime.certificate import SERVER_NAME as TARGET_NAME
from services.runtime.channels import open_channel
from tests.operations.ground import BATCH, Load, rows_from
from tests.operations.rotation_files import Files
from tests.support.errors import refusal
from tests.support.keys import MESH_ISSUER, KeyRing

PAUSE_SECONDS = 0.02
AMOUNT = 1_000_000
# Limiters look at what has changed about once a second.
SETTLE_SECONDS = 3
Once = Callable[[], Awaitable[None]]


@dataclass
class Callers:
    """Requests of every kind, none of which is made a second time, and what came of them."""

    load: Load
    edge: str
    """host:port"""
    mesh: str
    public: Files
    files: Files
    keys: KeyRing
    mesh_keys: KeyRing
    answered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    is_over: bool = False

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.token(self.load.workspace)}"}

    @property
    def mesh_bearer(self) -> dict[str, str]:
        """As a service's own."""
        token = self.mesh_keys.token(
            self.load.workspace,
            iss=MESH_ISSUER,
            role=None,  # type: ignore[arg-type] # left out
            email=None,
            sub="scheduler",
            permissions=["metrics:read"],
        )
        return {"authorization": f"Bearer {token}"}

    def gates(self) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(self.public.trusted.read_bytes())

    async def keep(self, name: str, once: Once) -> None:
        while not self.is_over:
            try:
                await once()
                self.answered[name] += 1
            except grpc.aio.AioRpcError as error:
                said = refusal(error)
                self.failed[f"{name}: {said.code.name} {said.reason} {said.message}"] += 1
            except (httpx.HTTPError, ValueError) as error:
                self.failed[f"{name}: {error!r}"] += 1
            await asyncio.sleep(PAUSE_SECONDS)

    def told(self) -> str:
        return f"answered {dict(self.answered)}"


async def raise_limits(callers: Callers) -> None:
    """So that none is refused for there being many."""
    workspace = callers.load.workspace
    metadata = callers.keys.metadata(workspace, permissions=["limits:write"])
    channel = open_channel(callers.mesh, dict, certificate=callers.files.certificate)
    async with channel:
        stub: Any = LimitsServiceStub(channel)
        for kind in (LIMIT_CLASS_DASHBOARDS, LIMIT_CLASS_INGESTION):
            for scope in (LIMIT_SCOPE_WORKSPACE, LIMIT_SCOPE_USER):
                request = UpdateLimitRequest(
                    workspace_id=workspace, limit_class=kind, scope=scope, amount=AMOUNT
                )
                request.period.FromSeconds(60)
                await stub.UpdateLimit(request, metadata=metadata)
    await asyncio.sleep(SETTLE_SECONDS)


async def kinds_of(callers: Callers, stack: AsyncExitStack) -> dict[str, Once]:
    options = ((TARGET_NAME, "localhost"),)
    edge = await stack.enter_async_context(
        grpc.aio.secure_channel(callers.edge, callers.gates(), options=options)
    )
    mesh = await stack.enter_async_context(
        open_channel(callers.mesh, lambda: callers.bearer, certificate=callers.files.certificate)
    )
    own = await stack.enter_async_context(
        open_channel(
            callers.mesh, lambda: callers.mesh_bearer, certificate=callers.files.certificate
        )
    )
    return {
        "writes": writing(callers, edge),
        "reads": reading(callers, edge, with_token=True),
        "rest": resting(callers),
        "mesh": reading(callers, mesh, with_token=False),
        "services": reading(callers, own, with_token=False),
    }


def writing(callers: Callers, channel: grpc.aio.Channel) -> Once:
    stub: Any = IngestServiceStub(channel)
    load = callers.load

    async def once() -> None:
        rows = rows_from(load.sent)
        load.sent += BATCH
        request = RecordExecutionsRequest(workspace_id=load.workspace, executions=rows)
        metadata = tuple(callers.bearer.items())
        answer = await stub.RecordExecutions(request, metadata=metadata, timeout=20)
        if answer.counts.stored != BATCH:
            raise ValueError(str(answer.counts))
        load.acknowledged += BATCH

    return once


def reading(callers: Callers, channel: grpc.aio.Channel, *, with_token: bool) -> Once:
    stub: Any = MetricsServiceStub(channel)
    request = ListMetricsRequest(workspace_id=callers.load.workspace)

    async def once() -> None:
        metadata = tuple(callers.bearer.items()) if with_token else ()
        await stub.ListMetrics(request, metadata=metadata, timeout=20)

    return once


def resting(callers: Callers) -> Once:
    """Each by a connection of its own, so that each sees the edge's certificate of now."""
    url = f"https://localhost:{callers.edge.rpartition(':')[2]}"
    path = f"/v1/workspaces/{callers.load.workspace}/metrics"
    asked = {"metrics": "executions"}

    async def once() -> None:
        context = ssl.create_default_context(cafile=str(callers.public.trusted))
        async with httpx.AsyncClient(verify=context, trust_env=False, timeout=20) as client:
            reply = await client.get(f"{url}{path}", headers=callers.bearer, params=asked)
        if reply.status_code != httpx.codes.OK:
            raise ValueError(f"{reply.status_code} {reply.text[:300]}")

    return once
