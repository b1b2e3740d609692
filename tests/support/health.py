"""What services say of their health."""

import asyncio

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.stack import Running

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SECONDS = 60


async def health(service: Running, name: str) -> int:
    async with service.channel() as channel:
        request = health_pb2.HealthCheckRequest(service=name)
        stub = health_pb2_grpc.HealthStub(channel)
        return int((await stub.Check(request, wait_for_ready=True, timeout=5)).status)


async def becomes(service: Running, name: str, status: int) -> None:
    async with asyncio.timeout(SECONDS):
        while await _known_health(service, name) != status:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)


async def _known_health(service: Running, name: str) -> int | None:
    """A process that begins knows nothing yet of what it depends on."""
    try:
        return await health(service, name)
    except grpc.aio.AioRpcError as failed:
        if failed.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return None
