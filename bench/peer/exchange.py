"""HTTP requests that cost the caller little, so that a machine is left to who answers them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httptools


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: bytes


class Exchange(asyncio.Protocol):
    """A connection, which has one request under way at a time."""

    def __init__(self) -> None:
        self.is_open = True
        self._transport: Any = None
        self._parser: Any = None
        self._body = bytearray()
        self._reply: asyncio.Future[Reply] | None = None

    async def send(self, request: bytes) -> Reply:
        self._reply = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._body.clear()
        self._transport.write(request)
        return await self._reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(Reply(self._parser.get_status_code(), bytes(self._body)))

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error or ConnectionError("the connection was closed"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass
class Caller:
    """Calls one server over as many connections as it has requests under way."""

    base: str
    token: str
    idle: list[Exchange] = field(default_factory=list)
    everyone: list[Exchange] = field(default_factory=list)

    async def get(self, target: str) -> Reply:
        exchange = self._idle() or await self._connect()
        reply = await exchange.send(self._request(target))
        self.idle.append(exchange)
        return reply

    def _idle(self) -> Exchange | None:
        """A connection that the server has not closed meanwhile."""
        while self.idle:
            if (exchange := self.idle.pop()).is_open:
                return exchange
        return None

    async def _connect(self) -> Exchange:
        host, _, port = self._address.partition(":")
        loop = asyncio.get_running_loop()
        _, exchange = await loop.create_connection(Exchange, host, int(port))
        self.everyone.append(exchange)
        return exchange

    @property
    def _address(self) -> str:
        return urlsplit(self.base).netloc

    def _request(self, target: str) -> bytes:
        head = f"GET {target} HTTP/1.1\r\nhost: {self._address}\r\n"
        return f"{head}authorization: Bearer {self.token}\r\n\r\n".encode()


@asynccontextmanager
async def caller(base: str, token: str) -> AsyncIterator[Caller]:
    calls = Caller(base, token)
    try:
        yield calls
    finally:
        for exchange in calls.everyone:
            exchange.close()
