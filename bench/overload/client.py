"""A client that costs little, so that a load of it leaves the machine to those who answer.

JSON over HTTP/1.1: requests are made beforehand, and each is sent on a connection of its own, which
is taken again once it is answered.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length: "


class LostConnectionError(ConnectionError):
    """A connection ended before the answer on it did."""


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._transport: asyncio.WriteTransport | None = None
        self._status: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if self._status is not None and _is_whole(self._heard):
            self._status.set_result(_status_of(self._heard))
            self._status = None

    def connection_lost(self, _: Exception | None) -> None:
        if self._status is not None:
            self._status.set_exception(LostConnectionError())

    async def ask(self, request: bytes) -> int:
        """The status. Raises LostConnectionError."""
        if self._transport is None or self._transport.is_closing():
            raise LostConnectionError
        self._heard.clear()
        self._status = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._status

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass(frozen=True)
class Client:
    """Connections to an edge, as many as requests are under way."""

    host: str
    port: int
    _idle: deque[Connection] = field(default_factory=deque)

    async def ask(self, request: bytes) -> int:
        """The status. Raises LostConnectionError."""
        connection = self._idle.pop() if self._idle else await self._connected()
        status = await connection.ask(request)
        self._idle.append(connection)
        return status

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, self.host, self.port)
        return connection

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


def request_bytes(path: str, token: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"
    return head.encode()


def _is_whole(heard: bytearray) -> bool:
    end = heard.find(END_OF_HEAD)
    start = heard.find(LENGTH, 0, end)
    if end < 0 or start < 0:
        return False
    length = int(heard[start + len(LENGTH) :].split(b"\r", 1)[0])
    return len(heard) >= end + len(END_OF_HEAD) + length


def _status_of(heard: bytearray) -> int:
    return int(heard.split(b" ", 2)[1])
