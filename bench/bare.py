"""The floor: a grpc.aio handler that does nothing but return bytes. Run as a process of its own,
on the event loop that services run on, so that what differs is what they do."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import uvloop
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

PATH = "/bench.Bare/Call"
Behaviour = Callable[[bytes, Any], Awaitable[bytes]]


def start_arguments(reply_file: str, address: str, path: str = PATH) -> list[str]:
    return [sys.executable, "-m", "bench.bare", reply_file, address, path]


def answering(reply: bytes) -> Behaviour:
    async def answer(_: bytes, __: object) -> bytes:
        return reply

    return answer


async def serve(answer: Behaviour, address: str, path: str) -> None:
    _, service, method = path.split("/")
    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    await _add_health(server, service)
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


async def _add_health(server: Any, service: str) -> None:
    """An edge asks nobody who does not say that he serves."""
    health = HealthServicer()
    await health.set(service, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)


if __name__ == "__main__":
    uvloop.run(serve(answering(Path(sys.argv[1]).read_bytes()), *sys.argv[2:]))
