"""A client that costs little: HTTP/1.1 over connections that stay, requests made beforehand.

gRPC goes over it, too: Envoy makes HTTP/2 of it, and leaves out the trailers on the way back. So
both sides of a comparison have the same client.
"""

import asyncio
import ssl

END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"0\r\n\r\n"
LENGTH = b"content-length: "
METHOD = "/shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary"


class UnexpectedAnswerError(RuntimeError):
    """Whatever is measured then, is not what was to be measured."""


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._transport: asyncio.WriteTransport | None = None
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if self._answer is not None and _is_whole(self._heard):
            self._answer.set_result(bytes(self._heard))
            self._answer = None

    def connection_lost(self, _: Exception | None) -> None:
        if self._answer is not None:
            self._answer.set_exception(UnexpectedAnswerError("the connection ended"))

    async def ask(self, request: bytes) -> bytes:
        """The answer with its head. Raises UnexpectedAnswerError."""
        if self._transport is None:
            raise UnexpectedAnswerError("there is no connection")
        self._heard.clear()
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._answer = answer
        self._transport.write(request)
        heard = await answer
        if not heard.startswith(b"HTTP/1.1 200") or b"\ngrpc-status: " in heard:
            raise UnexpectedAnswerError(heard[:2000].decode(errors="replace"))
        return heard

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def connected(port: int, tls: ssl.SSLContext | None) -> Connection:
    loop = asyncio.get_running_loop()
    name = "localhost" if tls else None
    _, connection = await loop.create_connection(
        Connection, "127.0.0.1", port, ssl=tls, server_hostname=name
    )
    return connection


def json_request(token: str, path: str, coding: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: {coding}\r\n"
    return f"{head}authorization: Bearer {token}\r\n\r\n".encode()


def grpc_request(token: str, message: bytes) -> bytes:
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    head = (
        f"POST {METHOD} HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\n"
        f"content-type: application/grpc\r\ncontent-length: {len(frame)}\r\n"
        f"authorization: Bearer {token}\r\n\r\n"
    )
    return head.encode() + frame


def _is_whole(heard: bytearray) -> bool:
    end = heard.find(END_OF_HEAD)
    if end < 0:
        return False
    start = heard.find(LENGTH, 0, end)
    if start < 0:
        return heard.endswith(END_OF_CHUNKS)
    length = int(heard[start + len(LENGTH) : heard.find(b"\r\n", start)])
    return len(heard) >= end + len(END_OF_HEAD) + length
