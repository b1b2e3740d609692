"""Services whose answers a test sets, and which tell an edge what they have, as ours do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse

from cli.edge.model import Upstream
from services.runtime.conditions import unless_known

METRICS = "/shadower.metrics.v1.MetricsService/GetMetrics"
SUMMARY = "/shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary"
PATHS = (METRICS, SUMMARY)
WORKSPACE = "acme"


async def _at_once() -> None:
    """Waits for nothing."""


@dataclass
class Telling:
    """What RPCs answer at present, and how often an answer went out and was left out."""

    port: int = 0
    reply: Callable[[str], Message] | None = None
    waits: Callable[[], Awaitable[None]] = _at_once
    sent: int = 0
    left_out: int = 0
    known: list[str] = field(default_factory=list)
    """What callers had, as the edge told."""

    @property
    def upstreams(self) -> tuple[Upstream, ...]:
        return tuple(Upstream(_service(one), (f"127.0.0.1:{self.port}",)) for one in PATHS)

    def say(self, reply: Message) -> None:
        """Whatever is asked."""
        self.reply = lambda _: reply
        self.sent = self.left_out = 0

    def handler(self, path: str) -> Any:
        async def answer(_: bytes, context: Any) -> bytes:
            pairs = context.invocation_metadata() or ()
            self.known += [str(value) for key, value in pairs if key == "x-shadower-has"]
            assert self.reply is not None
            reply = self.reply(path).SerializeToString()
            await self.waits()
            told = unless_known(reply, path, WORKSPACE, pairs, context)
            self.sent, self.left_out = self.sent + bool(told), self.left_out + (not told)
            return told

        return grpc.unary_unary_rpc_method_handler(answer)


@asynccontextmanager
async def running_tellers() -> AsyncIterator[Telling]:
    telling, health, server = Telling(), HealthServicer(), grpc.aio.server()
    for path in PATHS:
        _, service, method = path.split("/")
        handlers = {method: telling.handler(path)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        await health.set(service, HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    telling.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield telling
    finally:
        await server.stop(None)


def _service(path: str) -> str:
    return path.split("/")[1]


class Meeting:
    """Lets those who wait go on when so many have come."""

    def __init__(self, size: int) -> None:
        self._barrier = asyncio.Barrier(size)

    async def __call__(self) -> None:
        await self._barrier.wait()
