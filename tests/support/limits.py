"""Replicas of the limiter as processes, asked as Envoy asks them."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from edge_api import rate_limit_service_pb2 as pb
from edge_api.rate_limit_service_pb2_grpc import RateLimitServiceStub
from google.rpc.status_pb2 import Status
from shadower.common.v1.limit_class_pb2 import LimitClass
from shadower.limits.v1 import limits_service_pb2 as limits
from shadower.limits.v1.limit_pb2 import LimitScope
from shadower.limits.v1.limits_service_pb2_grpc import LimitsServiceStub

from tests.support.errors import Refusal, refusal_in
from tests.support.keys import KeyRing
from tests.support.stack import Environment, Running, ready, start, stop

# In which a change is known everywhere, on a machine that is not busy; see POLL_SECONDS.
KNOWN_SECONDS = 10
OK = pb.RateLimitResponse.OK
OVER_LIMIT = pb.RateLimitResponse.OVER_LIMIT


@dataclass(frozen=True)
class Replica:
    """A process of the limiter."""

    running: Running
    edge: Any
    limits: Any

    async def ask(self, limit_class: str, token: str, **entries: str) -> pb.RateLimitResponse:
        """As the edge does for a request with that token."""
        told = {"class": limit_class, "authorization": f"Bearer {token}", **entries}
        descriptor = pb.RateLimitDescriptor(
            entries=[{"key": key, "value": value} for key, value in told.items()]
        )
        request = pb.RateLimitRequest(domain="shadower", descriptors=[descriptor])
        answer = await self.edge.ShouldRateLimit(request, timeout=10)
        assert len(answer.statuses) == 1
        assert answer.statuses[0].code == answer.overall_code
        return answer

    async def lets_through(self, limit_class: str, token: str, **entries: str) -> bool:
        return bool((await self.ask(limit_class, token, **entries)).overall_code == OK)


def headers(answer: pb.RateLimitResponse) -> dict[str, str]:
    return {header.key: header.value for header in answer.response_headers_to_add}


def refusal_of(answer: pb.RateLimitResponse) -> Refusal:
    """What a client of gRPC is told by the headers."""
    packed = base64.b64decode(headers(answer)["grpc-status-details-bin"])
    return refusal_in(Status.FromString(packed))


@asynccontextmanager
async def replicas_of_the_limiter(
    number: int, database_url: str, jwks_file: Path, logs: Path, *extra: tuple[str, str]
) -> AsyncIterator[list[Replica]]:
    environment = Environment(database_url, jwks_file, logs, extra)
    running = [start("limits", environment) for _ in range(number)]
    try:
        await asyncio.gather(*map(ready, running))
        channels = [one.channel() for one in running]
        yield [_replica(*one) for one in zip(running, channels, strict=True)]
        for channel in channels:
            await channel.close()
    finally:
        for one in running:
            stop(one)


def _replica(running: Running, channel: grpc.aio.Channel) -> Replica:
    return Replica(running, RateLimitServiceStub(channel), LimitsServiceStub(channel))


class Operator:
    """Sets limits of a workspace."""

    def __init__(self, keys: KeyRing, workspace: str) -> None:
        permissions = ["limits:write", "limits:read"]
        self.metadata = keys.metadata(workspace, role="viewer", permissions=permissions)
        self.workspace = workspace

    async def set(self, replica: Replica, limit_class: str, amount: int, **more: Any) -> Any:
        request = limits.UpdateLimitRequest(
            workspace_id=self.workspace,
            limit_class=LimitClass.Value(f"LIMIT_CLASS_{limit_class.upper()}"),
            scope=more.get("scope", LimitScope.LIMIT_SCOPE_USER),
            amount=amount,
            period={"seconds": more.get("seconds", 3600)},
        )
        return await replica.limits.UpdateLimit(request, metadata=self.metadata)

    async def unset(self, replica: Replica, limit_class: str) -> Any:
        request = limits.DeleteLimitRequest(
            workspace_id=self.workspace,
            limit_class=LimitClass.Value(f"LIMIT_CLASS_{limit_class.upper()}"),
            scope=LimitScope.LIMIT_SCOPE_USER,
        )
        return await replica.limits.DeleteLimit(request, metadata=self.metadata)

    async def until_known(self, replicas: list[Replica], set_: Any, subject: str = "ann") -> None:
        """Waits until every replica decides by a limit."""
        request = limits.GetUsageRequest(workspace_id=self.workspace, subject=subject)
        async with asyncio.timeout(KNOWN_SECONDS):
            for replica in replicas:
                while set_.limit not in await self._known(replica, request):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    async def _known(self, replica: Replica, request: Any) -> list[Any]:
        answer = await replica.limits.GetUsage(request, metadata=self.metadata)
        return [one.limit for one in answer.caller]
