"""Many readers in one process, which cost little: what differs is how they ask and listen."""

import asyncio
import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.duration_pb2 import Duration
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse

from bench.streams.findings import Told

KINDS = ("events", "websocket", "grpc")
METHOD = "/shadower.metrics.v1.MetricsService/StreamMetrics"
METRIC = "executions"
STREAMS_OF_A_CONNECTION = 100
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
COUNT = re.compile(rb'"integer":\s?"(\d+)"')
# What may be cut in two by the end of a packet.
LONGEST_COUNT = 40


@dataclass(frozen=True)
class Place:
    """Where the edge is, and the token for each workspace."""

    host: str
    port: int
    tokens: Sequence[str]

    def name(self, workspace: int) -> str:
        return workspace_name(workspace)

    def token(self, workspace: int) -> str:
        return self.tokens[workspace]


def workspace_name(number: int) -> str:
    return f"live-{number:03}"


class Reader(asyncio.Protocol, ABC):
    """One connection with one stream. It looks for counts only, wherever they stand."""

    def __init__(self, told: Told, place: Place) -> None:
        self.told = told
        self.place = place
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(self.request())

    @abstractmethod
    def request(self) -> bytes:
        """What is written first."""

    def connection_lost(self, _: Exception | None) -> None:
        self.ends("the connection ended")

    def look(self, data: bytes) -> None:
        found = COUNT.findall(self._tail + data)
        self._tail = data[-LONGEST_COUNT:]
        if found:
            self.told.note(time.monotonic(), max(map(int, found)))
            self._begin()

    def ends(self, why: str) -> None:
        self.told.end = self.told.end or why
        self._begin()

    def _begin(self) -> None:
        if not self.begun.done():
            self.begun.set_result(None)


class EventsReader(Reader):
    """Server-sent events."""

    def request(self) -> bytes:
        name = self.place.name(self.told.workspace)
        return (
            f"GET /v1/workspaces/{name}/metrics:stream?metrics={METRIC} HTTP/1.1\r\n"
            f"host: localhost\r\naccept: text/event-stream\r\n"
            f"authorization: Bearer {self.place.token(self.told.workspace)}\r\n\r\n"
        ).encode()

    def data_received(self, data: bytes) -> None:
        if not self.told.counts and data.startswith(b"HTTP/1.1") and b" 200 " not in data[:16]:
            self.ends(data[:16].decode() + data.partition(b"\r\n\r\n")[2][:160].decode())
        if b'"status":{' in data:
            self.ends(data.partition(b'"status":{')[2][:160].decode(errors="replace"))
        self.look(data)


class SocketReader(Reader):
    """A WebSocket of shadower.live.v1."""

    def __init__(self, told: Told, place: Place) -> None:
        super().__init__(told, place)
        self._heard = bytearray()
        self._is_open = False

    def request(self) -> bytes:
        return (
            b"GET /v1/live HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\n"
            b"upgrade: websocket\r\nsec-websocket-version: 13\r\n"
            b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"sec-websocket-protocol: shadower.live.v1\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if not self._is_open:
            self._open()
        if self._is_open:
            for kind, content in taken_frames(self._heard):
                self._take(kind, content)

    def _open(self) -> None:
        head, end, rest = self._heard.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 101"):
            self.ends(bytes(head[:16]).decode())
            return
        self._heard = bytearray(rest)
        self._is_open = True
        self._say({"type": "connection_init", "token": self.place.token(self.told.workspace)})
        name = self.place.name(self.told.workspace)
        asked = {"workspaceId": name, "metrics": [METRIC]}
        self._say({"type": "subscribe", "id": "1", "request": asked})

    def _say(self, message: dict[str, Any]) -> None:
        self.transport.write(frame(TEXT, json.dumps(message).encode()))

    def _take(self, kind: int, content: bytes) -> None:
        if kind == PING:
            self.transport.write(frame(PONG, content))
        elif kind == CLOSE or b'"type":"error"' in content:
            self.ends(content[:160].decode(errors="replace"))
        else:
            self.look(content)


class StreamReader:
    """A stream of gRPC on a connection that others share."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def hear(self, encoded: bytes) -> None:
        message = StreamMetricsResponse.FromString(encoded)
        if message.HasField("status"):
            self.ends(f"{message.status.code}: {message.status.message}")
        payload = message.snapshot if message.HasField("snapshot") else message.delta
        counts = [point.value.integer for one in payload.time_series for point in one.points]
        if counts:
            self.told.note(time.monotonic(), max(counts))
            self._begin()

    def ends(self, why: str) -> None:
        self.told.end = self.told.end or why
        self._begin()

    def _begin(self) -> None:
        if not self.begun.done():
            self.begun.set_result(None)


def stream_request(workspace: str, *metrics: str, beat_seconds: int = 15, **more: Any) -> bytes:
    beat = Duration(seconds=beat_seconds)
    return StreamMetricsRequest(
        workspace_id=workspace, metrics=metrics, heartbeat_interval=beat, **more
    ).SerializeToString()


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def frame(kind: int, content: bytes) -> bytes:
    """One of a client, masked by zeros, which change nothing."""
    length = len(content)
    short = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return bytes([0x80 | kind]) + short + bytes(4) + content


def taken_frames(heard: bytearray) -> Iterator[tuple[int, bytes]]:
    """Those that are there wholly; they are taken out."""
    while len(heard) >= 2:
        length, start = heard[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(heard[2:start], "big")
        if len(heard) < start + length:
            return
        kind, content = heard[0] & 0x0F, bytes(heard[start : start + length])
        del heard[: start + length]
        yield kind, content
