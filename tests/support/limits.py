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
from shadower.limits.v1.limits_service_pb2_grpc import LimitsServiceStub

from tests.support.errors import Refusal, refusal_in
from tests.support.stack import Environment, Running, ready, start, stop

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
