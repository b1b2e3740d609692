"""What lies behind the edge beside the services: who knows keys, who counts, and a web server."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from edge_api import external_auth_service_pb2 as auth
from edge_api import external_auth_service_pb2_grpc, rate_limit_service_pb2_grpc
from edge_api import rate_limit_service_pb2 as limiting
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

ACCESS = "shadower.access.v1.AccessService"
LIMITS = "shadower.limits.v1.LimitsService"
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass
class Insides(
    external_auth_service_pb2_grpc.AuthorizationServicer,
    rate_limit_service_pb2_grpc.RateLimitServiceServicer,
):
    """No key is known here, and nobody is over a limit."""

    grpc_port: int = 0
    web_port: int = 0
    charged: list[dict[str, str]] = field(default_factory=list)
    """What requests were charged to."""
    jwks: str = ""
    """Published at /jwks.json."""
    is_careless: bool = False
    """Whether it takes any key for a good one, and gives no token for it."""

    async def Check(self, request: Any, context: Any) -> Any:
        if self.is_careless:
            return auth.CheckResponse(ok_response=auth.OkHttpResponse())
        response = auth.CheckResponse()
        response.status.code = grpc.StatusCode.UNAUTHENTICATED.value[0]
        response.denied_response.status.code = 401
        return response

    async def ShouldRateLimit(self, request: Any, context: Any) -> Any:
        for descriptor in request.descriptors:
            self.charged.append({entry.key: entry.value for entry in descriptor.entries})
        return limiting.RateLimitResponse(overall_code=limiting.RateLimitResponse.OK)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As a web server that serves whatever it is asked, and opens any WebSocket."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            writer.close()
            return
        writer.write(_served(self.jwks) if b" /jwks.json " in head else _reply(head))
        await writer.drain()
        writer.close()


def _served(text: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nserver: inside/1.0\r\ncontent-length: {len(text)}\r\n"
    return f"{head}connection: close\r\n\r\n{text}".encode()


def _reply(head: bytes) -> bytes:
    lines = [line.partition(b":") for line in head.split(b"\r\n")]
    said = {name.strip().lower(): value.strip() for name, _, value in lines}
    key = said.get(b"sec-websocket-key")
    if key is None:
        return _served("{}")
    accepted = base64.b64encode(hashlib.sha1(key + WEBSOCKET).digest())
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    return upgrade + b"sec-websocket-accept: " + accepted + b"\r\n\r\n"


@asynccontextmanager
async def running_insides() -> AsyncIterator[Insides]:
    insides = Insides()
    server = grpc.aio.server()
    external_auth_service_pb2_grpc.add_AuthorizationServicer_to_server(insides, server)
    rate_limit_service_pb2_grpc.add_RateLimitServiceServicer_to_server(insides, server)
    health = HealthServicer()
    for name in (ACCESS, LIMITS):
        await health.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    insides.grpc_port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    web = await asyncio.start_server(insides.answer, "127.0.0.1", 0, limit=1024 * 1024)
    insides.web_port = web.sockets[0].getsockname()[1]
    try:
        async with web:
            yield insides
    finally:
        await server.stop(None)
