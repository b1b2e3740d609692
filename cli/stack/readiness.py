"""How one knows that a part is ready."""

import asyncio
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from cli.stack.parts import Probe

ANSWER_SECONDS = 2


def grpc_service(address: str, service: str) -> Probe:
    """Asks for the health of the service by its full name."""

    async def is_serving() -> bool:
        async with grpc.aio.insecure_channel(address) as channel:
            try:
                answer = await HealthStub(channel).Check(
                    HealthCheckRequest(service=service), timeout=ANSWER_SECONDS
                )
            except grpc.aio.AioRpcError:
                return False
        return bool(answer.status == HealthCheckResponse.SERVING)

    return is_serving


def http_path(host: str, port: int, path: str) -> Probe:
    """Asks for the path and takes 200 for an answer."""

    def answers() -> bool:
        connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    async def is_answering() -> bool:
        return await asyncio.to_thread(answers)

    return is_answering


def http_path_on(socket: Path, path: str) -> Probe:
    """The same of a process that listens on a socket."""

    async def is_answering() -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await _status_on(socket, path) == b"200"
        except (OSError, TimeoutError):
            return False

    return is_answering


async def _status_on(socket: Path, path: str) -> bytes:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n".encode())
        return b"".join((await reader.readline()).split()[1:2])
    finally:
        writer.close()


async def at_once() -> bool:
    """For a part that nobody waits for."""
    return True
