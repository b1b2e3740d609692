"""What services say of their health."""

import asyncio

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
        while await health(service, name) != status:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.1)
