"""gRPC's framing on a bare connection, for readers of which there are thousands on two cores."""

import asyncio
import struct
from typing import Any, Protocol

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM = 1
END_HEADERS = 4
ACK = 1
FRAME_HEADER = 9
INITIAL_WINDOW_SIZE = 4
MOST_WINDOW = 2**31 - 1
FIRST_WINDOW = 65_535
# A flag for compression, and the length.
PREFIX = struct.Struct(">BI")


class Listener(Protocol):
    """Reads one stream."""

    def hear(self, message: bytes) -> None: ...

    def ends(self, why: str) -> None: ...


class Connection(asyncio.Protocol):
    """Asks, and hands on what comes. It reads everything at once, and never decodes a header."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._heard = bytearray()
        self._streams: dict[int, Listener] = {}
        self._parts: dict[int, bytes] = {}
        self._next = 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        window = struct.pack(">HI", INITIAL_WINDOW_SIZE, MOST_WINDOW)
        more = (MOST_WINDOW - FIRST_WINDOW).to_bytes(4, "big")
        self._transport.write(
            PREFACE + frame(SETTINGS, 0, 0, window) + frame(WINDOW_UPDATE, 0, 0, more)
        )

    def ask(self, path: str, token: str, message: bytes, listener: Listener) -> None:
        stream, self._next = self._next, self._next + 2
        self._streams[stream] = listener
        asked = PREFIX.pack(0, len(message)) + message
        self._transport.write(
            frame(HEADERS, END_HEADERS, stream, _headers(path, token))
            + frame(DATA, END_STREAM, stream, asked)
        )

    def data_received(self, data: bytes) -> None:
        heard = self._heard
        heard += data
        start, end = 0, len(heard)
        while end - start >= FRAME_HEADER:
            after = start + FRAME_HEADER + int.from_bytes(heard[start : start + 3], "big")
            if after > end:
                break
            stream = int.from_bytes(heard[start + 5 : start + 9], "big") & MOST_WINDOW
            content = bytes(heard[start + FRAME_HEADER : after])
            self._take(heard[start + 3], heard[start + 4], stream, content)
            start = after
        del heard[:start]

    def connection_lost(self, _: Exception | None) -> None:
        for listener in self._streams.values():
            listener.ends("the connection ended")

    def _take(self, kind: int, flags: int, stream: int, content: bytes) -> None:
        if kind == DATA:
            self._hear(stream, content)
        elif kind in (SETTINGS, PING) and not flags & ACK:
            self._transport.write(frame(kind, ACK, 0, content if kind == PING else b""))
        elif kind == GOAWAY:
            self._transport.close()
        if kind == RESET or (kind in (DATA, HEADERS) and flags & END_STREAM):
            self._end(stream, "the stream was reset" if kind == RESET else "the stream ended")

    def _hear(self, stream: int, content: bytes) -> None:
        listener = self._streams.get(stream)
        if listener is None:
            return
        content = self._parts.pop(stream, b"") + content
        while len(content) >= PREFIX.size:
            after = PREFIX.size + PREFIX.unpack_from(content)[1]
            if len(content) < after:
                break
            listener.hear(content[PREFIX.size : after])
            content = content[after:]
        if content:
            self._parts[stream] = content

    def _end(self, stream: int, why: str) -> None:
        listener = self._streams.pop(stream, None)
        if listener is not None:
            listener.ends(why)


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return (
        len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content
    )


def _headers(path: str, token: str) -> bytes:
    pairs = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("authorization", f"Bearer {token}"),
    )
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in pairs)


def _text(value: str) -> bytes:
    """As HPACK has it, without Huffman's code."""
    length, encoded = len(value), value.encode()
    if length < 127:
        return bytes([length]) + encoded
    size, left = bytearray([127]), length - 127
    while left >= 128:
        size.append(left % 128 + 128)
        left //= 128
    return bytes(size) + bytes([left]) + encoded
