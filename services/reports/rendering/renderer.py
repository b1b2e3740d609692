"""Renders documents beside the event loop, in child processes that are few, short-lived and can be
stopped at any point."""

import asyncio
import os
import pickle
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from services.reports.document import Document, Format
from services.reports.rendering.framing import LENGTH_BYTES, Ended
from services.runtime.faults import ResourceExhausted

# After so many documents a child makes room for a fresh one, which has leaked nothing.
USES = 50
# So long a child waits for the next document before it gives its memory back.
IDLE_SECONDS = 20
RETRY_DELAY = timedelta(seconds=10)
# All that a child is told of our environment: it needs no secret.
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG")


class RenderingError(Exception):
    """A document that should have been rendered was not: a defect of ours."""


@dataclass
class _Child:
    """A process that renders, and how often it has."""

    process: asyncio.subprocess.Process
    tell: asyncio.StreamWriter
    told: asyncio.StreamReader
    uses: int = 0

    async def render(self, document: Document, formats: Sequence[Format]) -> list[bytes]:
        self.uses += 1
        work = pickle.dumps((document, tuple(formats)))
        self.tell.write(len(work).to_bytes(LENGTH_BYTES) + work)
        await self.tell.drain()
        return await _read_files(self.told, len(formats))

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


async def _read_files(source: asyncio.StreamReader, number: int) -> list[bytes]:
    [ended] = await source.readexactly(1)
    if ended == Ended.TOO_LARGE:
        raise _too_large("it holds more than a report may")
    return [await _read_file(source) for _ in range(number)]


async def _read_file(source: asyncio.StreamReader) -> bytes:
    return await source.readexactly(int.from_bytes(await source.readexactly(LENGTH_BYTES)))


class Renderer:
    """Renders so many documents at once; further ones wait their turn."""

    def __init__(self, at_once: int, seconds: float, home: str) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._home = home
        self._idle: list[tuple[_Child, asyncio.TimerHandle]] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def render(self, document: Document, target: Format) -> bytes:
        """Raises a fault if the document is too large to be rendered in time."""
        [file] = await self.render_each(document, [target])
        return file

    async def render_each(self, document: Document, targets: Sequence[Format]) -> list[bytes]:
        """The same document in several formats, in their order."""
        async with self._turns, self._child() as child:
            try:
                async with asyncio.timeout(self._seconds):
                    return await child.render(document, targets)
            except TimeoutError as late:
                raise _too_large(f"it took longer than {self._seconds:g} s") from late
            except (asyncio.IncompleteReadError, ConnectionError) as broken:
                raise RenderingError(f"the child ended: {child.process.returncode}") from broken

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[_Child]:
        """One that is idle, or a new one. Whatever goes wrong with it, it is the last time."""
        child = self._woken() or await self._started()
        async with AsyncExitStack() as ending:
            ending.push_async_callback(_stop, child)
            yield child
            if child.uses < USES:
                ending.pop_all()
                self._rest(child)

    def _woken(self) -> _Child | None:
        while self._idle:
            child, expiry = self._idle.pop()
            expiry.cancel()
            if child.process.returncode is None and not child.told.at_eof():
                return child
        return None

    def _rest(self, child: _Child) -> None:
        loop = asyncio.get_running_loop()
        self._idle.append((child, loop.call_later(IDLE_SECONDS, self._expire, child)))

    def _expire(self, child: _Child) -> None:
        self._idle = [entry for entry in self._idle if entry[0] is not child]
        ending = asyncio.get_running_loop().create_task(child.stop())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _started(self) -> _Child:
        known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.reports.rendering.child"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=known | {"MPLCONFIGDIR": self._home, "HOME": self._home, "TZ": "UTC"},
        )
        if process.stdin is None or process.stdout is None:
            raise RenderingError("the child has no ends to talk by")
        return _Child(process, process.stdin, process.stdout)

    async def close(self) -> None:
        while child := self._woken():
            await child.stop()
        await asyncio.gather(*self._ending)


async def _stop(child: _Child) -> None:
    """To its end, also if we are told to end."""
    await asyncio.shield(child.stop())


@asynccontextmanager
async def open_renderer(at_once: int = 1, seconds: float = 60) -> AsyncIterator[Renderer]:
    with tempfile.TemporaryDirectory(prefix="shadower-rendering-") as home:
        renderer = Renderer(at_once, seconds, home)
        try:
            yield renderer
        finally:
            await renderer.close()


def _too_large(why: str) -> ResourceExhausted:
    return ResourceExhausted(
        "REPORT_TOO_LARGE",
        f"the report cannot be rendered: {why}",
        metadata={"why": why},
        retry_after=RETRY_DELAY,
    )
