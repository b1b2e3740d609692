"""A process of readers of one kind."""

import asyncio
from collections.abc import Sequence
from multiprocessing.synchronize import Event
from typing import Any

import uvloop

from bench.streams.findings import Told
from bench.streams.http2 import Connection
from bench.streams.readers import (
    METHOD,
    METRIC,
    STREAMS_OF_A_CONNECTION,
    EventsReader,
    Place,
    Reader,
    SocketReader,
    StreamReader,
    stream_request,
)

READERS: dict[str, type[Reader]] = {"events": EventsReader, "websocket": SocketReader}
OPENING_AT_ONCE = 16
BEGIN_SECONDS = 30
POLL_SECONDS = 0.1


def run_crowd(kind: str, workspaces: Sequence[int], place: Place, pipe: Any, stop: Event) -> None:
    """Says how many are open, and at the end what each was told."""
    pipe.send(uvloop.run(_run(kind, workspaces, place, pipe, stop)))


async def _run(
    kind: str, workspaces: Sequence[int], place: Place, pipe: Any, stop: Event
) -> list[Told]:
    crowd = [Told(kind, workspace) for workspace in workspaces]
    await _open(kind, crowd, place)
    pipe.send(sum(one.is_opened for one in crowd))
    while not stop.is_set():  # noqa: ASYNC110 - it is another process that sets it
        await asyncio.sleep(POLL_SECONDS)
    # What ends from now on was meant to.
    return [Told(one.kind, one.workspace, list(one.counts), one.end) for one in crowd]


async def _open(kind: str, crowd: Sequence[Told], place: Place) -> None:
    starting = _Streams(place) if kind == "grpc" else _Connections(READERS[kind], place)
    turns = iter(crowd)

    async def worker() -> None:
        for told in turns:
            reader: Any = await starting.start(told)
            if reader is None:
                continue
            try:
                await asyncio.wait_for(asyncio.shield(reader.begun), BEGIN_SECONDS)
            except TimeoutError:
                told.end = told.end or f"nothing came for {BEGIN_SECONDS} s"

    await asyncio.gather(*(worker() for _ in range(OPENING_AT_ONCE)))


class _Connections:
    """A connection for each."""

    def __init__(self, reader: type[Reader], place: Place) -> None:
        self._reader = reader
        self._place = place

    async def start(self, told: Told) -> Reader | None:
        loop = asyncio.get_running_loop()
        make, place = self._reader, self._place
        try:
            _, reader = await loop.create_connection(
                lambda: make(told, place), place.host, place.port
            )
        except OSError as refused:
            told.end = str(refused)
            return None
        return reader


class _Streams:
    """As many on a connection as an edge takes, and a little less."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._started = 0
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()

    async def start(self, told: Told) -> StreamReader | None:
        reader = StreamReader(told)
        try:
            connection = await self._with_room()
        except OSError as refused:
            told.end = str(refused)
            return None
        request = stream_request(self._place.name(told.workspace), METRIC)
        connection.ask(METHOD, self._place.token(told.workspace), request, reader)
        return reader

    async def _with_room(self) -> Connection:
        async with self._lock:
            if self._connection is None or self._started % STREAMS_OF_A_CONNECTION == 0:
                loop, place = asyncio.get_running_loop(), self._place
                _, made = await loop.create_connection(Connection, place.host, place.port)
                self._connection = made
            self._started += 1
            return self._connection
