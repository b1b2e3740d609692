"""The floor: a bare handler of grpc.aio that tells as many streams the same bytes, with no edge, no
token, no database. Run as a process of its own, on the event loop that services run on."""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc
import psutil
import uvloop
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse

from bench.calling import run_beside
from bench.report import percentile
from bench.stack import free_port
from bench.streams.crowd import run_crowd
from bench.streams.findings import Told
from bench.streams.readers import METHOD, METRIC, Place

HOST = "127.0.0.1"
MODULE = "bench.streams.floor"
# The package has imported it, which is no matter here.
QUIETLY = ("-W", "ignore::RuntimeWarning:runpy")
STOP_SECONDS = 10
# About what a message about one metric has beside its points.
CURSOR = "x" * 64


@dataclass
class Topic:
    """What the streams of a workspace are told: the number is the time at which it was."""

    message: bytes = b""
    waiting: list["asyncio.Future[None]"] = field(default_factory=list)

    def tell(self) -> None:
        self.message = _message(int(time.monotonic() * 1000))
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)


@dataclass(frozen=True)
class Floor:
    """How late messages were, how many a second, and what they took."""

    p50_seconds: float
    p99_seconds: float
    messages_per_second: float
    cpu: float
    bytes: int


async def serve(address: str, topics: list[Topic]) -> None:
    async def answer(request: bytes, context: Any) -> None:
        name = StreamMetricsRequest.FromString(request).workspace_id
        topic = topics[int(name.rpartition("-")[2])]
        await context.write(_message(0))
        while True:
            told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            topic.waiting.append(told)
            await told
            await context.write(topic.message)

    _, service, method = METHOD.split("/")
    handler: Any = grpc.unary_stream_rpc_method_handler(answer)
    server = grpc.aio.server()
    handlers = grpc.method_handlers_generic_handler(service, {method: handler})
    server.add_generic_rpc_handlers((handlers,))
    server.add_insecure_port(address)
    await server.start()
    async for topic in _turns(topics):
        topic.tell()


async def _turns(topics: list[Topic]) -> AsyncIterator[Topic]:
    """Each of them once a second."""
    began, turn = time.monotonic(), 0
    while True:
        yield topics[turn % len(topics)]
        turn += 1
        await asyncio.sleep(max(0, began + turn / len(topics) - time.monotonic()))


def _message(number: int) -> bytes:
    message = StreamMetricsResponse(cursor=CURSOR)
    point = message.delta.time_series.add(metric=METRIC).points.add()
    point.start_time.GetCurrentTime()
    point.value.integer = number
    return message.SerializeToString()


async def measured_floor(streams: int, workspaces: int, seconds: float) -> Floor:
    place = Place(HOST, free_port(), [""] * workspaces)
    async with AsyncExitStack() as opened:
        address = f"{HOST}:{place.port}"
        command = [sys.executable, *QUIETLY, "-m", MODULE, address, str(workspaces)]
        server = psutil.Process(run_beside(opened, command))
        await _listening(address)
        crowd = _Crowd(place, [number % workspaces for number in range(streams)])
        opened.callback(crowd.stop)
        await crowd.open()
        before, began = sum(server.cpu_times()[:2]), time.monotonic()
        await asyncio.sleep(seconds)
        spent = sum(server.cpu_times()[:2]) - before
        size = int(server.memory_info().rss)
        told = [count for one in await crowd.end() for count in one.counts]
        ended = began + seconds
    late = [moment - sent / 1000 for moment, sent in told if sent and began <= moment < ended]
    p50, p99 = percentile(late, 50), percentile(late, 99)
    return Floor(p50, p99, len(late) / seconds, spent / seconds, size)


class _Crowd:
    """A process that reads all of them."""

    def __init__(self, place: Place, topics: list[int]) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._stop = spawning.Event()
        self._pipe, theirs = spawning.Pipe()
        arguments = ("grpc", topics, place, theirs, self._stop)
        self._process = spawning.Process(target=run_crowd, args=arguments)

    async def open(self) -> None:
        self._process.start()
        await asyncio.to_thread(self._pipe.recv)

    async def end(self) -> list[Told]:
        self._stop.set()
        told: list[Told] = await asyncio.to_thread(self._pipe.recv)
        return told

    def stop(self) -> None:
        self._stop.set()
        self._process.join(STOP_SECONDS)
        self._process.kill()


async def _listening(address: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        await asyncio.wait_for(channel.channel_ready(), STOP_SECONDS)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], [Topic() for _ in range(int(sys.argv[2]))]))
