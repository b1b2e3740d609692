"""Readers that do not read a large answer, and what they get when they do at last.

Their workspace does not change meanwhile, so what they hold up is one answer and its heartbeats.
The systems on the way may take as much ahead: it need not show that a service ends a stream nobody
reads, which tests/integration/test_capacity.py does.
"""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc
from shadower.common.v1.dimension_pb2 import DIMENSION_USER
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse

from bench import runs
from bench.raising import raise_limits
from bench.stack import Stack
from bench.streams.readers import METHOD, METRIC, Place, bearer, stream_request

WORKSPACE = "slow"
# Nearly as many points as a view may have.
EXECUTIONS = 9_000
# Longer than a stream may wait for its reader.
PATIENCE_SECONDS = 15
LAST_READ_SECONDS = 10
SMALL_BUFFER = 4096
# Otherwise the transport takes in megabytes ahead of its reader.
SMALL_WINDOW = (("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1024))
ASKED = f"metrics={METRIC}&groupBy=DIMENSION_USER&heartbeatInterval=1s"
PATH = f"/v1/workspaces/{WORKSPACE}/metrics:stream?{ASKED}"


@dataclass
class SlowReaders:
    """One of gRPC and one of events, each asking for a large answer that it does not take."""

    call: Any
    place: Place
    token: str
    events: socket.socket
    began: float = 0.0

    @classmethod
    @asynccontextmanager
    async def prepared(cls, stack: Stack, place: Place) -> AsyncIterator["SlowReaders"]:
        token = stack.token(WORKSPACE)
        await raise_limits(stack, [WORKSPACE])
        await _fill(stack, token)
        async with AsyncExitStack() as opened:
            channel = await opened.enter_async_context(_channel_to(place))
            events = opened.enter_context(socket.socket())
            events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            yield cls(channel.unary_stream(METHOD), place, token, events)

    async def begin(self) -> None:
        """They ask, and read nothing."""
        self.began = time.monotonic()
        request = stream_request(WORKSPACE, METRIC, beat_seconds=1, group_by=[DIMENSION_USER])
        self.call = self.call(request, metadata=bearer(self.token))
        await self.call.wait_for_connection()
        self.events.connect((self.place.host, self.place.port))
        head = f"GET {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {self.token}"
        self.events.sendall(f"{head}\r\n\r\n".encode())
        self.events.setblocking(False)

    async def fate(self) -> list[str]:
        """What each is told when it reads at last."""
        await asyncio.sleep(max(0, self.began + PATIENCE_SECONDS - time.monotonic()))
        return [await self._fate_of_call(), await self._fate_of_events()]

    async def _fate_of_call(self) -> str:
        size = 0
        try:
            async with asyncio.timeout(LAST_READ_SECONDS):
                async for message in self.call:
                    size += len(message)
                    status = StreamMetricsResponse.FromString(message).status
                    if status.code:
                        return f"a slow reader of gRPC got {size:,} bytes, then {status.message}"
        except grpc.aio.AioRpcError as error:
            told = f"{error.code().name}: {error.details()}"
            return f"a slow reader of gRPC got {size:,} bytes, then {told}"
        except TimeoutError:
            return f"a slow reader of gRPC got {size:,} bytes, and no end"
        return f"a slow reader of gRPC got {size:,} bytes, and an end"

    async def _fate_of_events(self) -> str:
        heard = bytearray()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LAST_READ_SECONDS):
                while data := await loop.sock_recv(self.events, 65536):
                    heard += data
        except (TimeoutError, ConnectionError) as ended:
            how = "no end" if isinstance(ended, TimeoutError) else str(ended)
        else:
            how = "an end"
        told = heard.rpartition(b'"status":')[2][:160].decode(errors="replace")
        status = json.dumps(told) if b'"status":' in heard else "no status"
        return f"a slow reader of events got {len(heard):,} bytes, {status}, and {how}"


@asynccontextmanager
async def _channel_to(place: Place) -> AsyncIterator[grpc.aio.Channel]:
    options = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0), *SMALL_WINDOW)
    async with grpc.aio.insecure_channel(f"{place.host}:{place.port}", options) as channel:
        yield channel


async def _fill(stack: Stack, token: str) -> None:
    made = runs.generated_runs(EXECUTIONS, datetime.now(UTC))
    moved = (_by_user(run, number) for number, run in enumerate(made))
    await runs.load(stack.address_of("ingest"), token, WORKSPACE, moved)


def _by_user(run: Any, number: int) -> Any:
    """Now, and each of another user, so that each is a point of what is asked for."""
    run.user_id = f"user-{number}-of-a-workspace-whose-answers-are-long"
    run.start_time.FromDatetime(datetime.now(UTC))
    run.end_time.CopyFrom(run.start_time)
    return run
