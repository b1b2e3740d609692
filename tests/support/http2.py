"""HTTP/2 by hand: frames that no client library would send."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
CANCEL = struct.pack(">I", 8)
FRAME_HEAD = 9

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Frame:
    """Of the kinds above, or another."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    def __bytes__(self) -> bytes:
        length = struct.pack(">I", len(self.payload))[1:]
        return length + struct.pack(">BBI", self.kind, self.flags, self.stream) + self.payload


def headers(stream: int, pairs: Pairs, *, ends: bool = True) -> bytes:
    """Of a request, literal and in no index, so that they say exactly this."""
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in pairs)
    return bytes(Frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream, block))


def taken_back(stream: int) -> bytes:
    return bytes(Frame(RST_STREAM, 0, stream, CANCEL))


def ping() -> bytes:
    return bytes(Frame(PING, 0, 0, b"anybody?"))


def _text(text: str) -> bytes:
    data = text.encode()
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, more = len(data) - 127, bytearray(b"\x7f")
    while rest > 127:
        more.append(rest % 128 + 128)
        rest //= 128
    return bytes([*more, rest]) + data


@dataclass(frozen=True)
class Connection:
    """To a server of HTTP/2, in plain."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def frames(self) -> AsyncIterator[Frame]:
        """Until the other end closes the connection."""
        try:
            while True:
                head = await self.reader.readexactly(FRAME_HEAD)
                kind, flags, stream = struct.unpack(">BBI", head[3:])
                payload = await self.reader.readexactly(int.from_bytes(head[:3]))
                yield Frame(kind, flags, stream, payload)
        except (asyncio.IncompleteReadError, ConnectionError):
            return


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = Connection(reader, writer)
    connection.send(PREFACE, bytes(Frame(SETTINGS, 0, 0, b"")), bytes(Frame(SETTINGS, ACK, 0, b"")))
    try:
        yield connection
    finally:
        writer.transport.abort()
