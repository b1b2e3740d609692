"""Starts the parts of a stack in order, keeps them running, and stops them in reverse."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import psutil

from cli.failures import CommandError
from cli.home import Home, PartState, StackState
from cli.stack.child import ChildProcess
from cli.stack.keeper import Keeper
from cli.stack.parts import Part, Running
from cli.stack.screen import Screen
from services.runtime.background import in_background

START_SECONDS = 90
PROBE_PAUSE_SECONDS = 0.1
Work = Callable[["Launcher"], Awaitable[None]]


@dataclass
class Launcher:
    """Holds what is running, so that a signal or a death reaches all of it."""

    home: Home
    screen: Screen
    address: str
    database_url: str = ""
    keepers: list[Keeper] = field(default_factory=list)
    exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def run(self, work: Work) -> None:
        """Runs until SIGINT or SIGTERM. Raises CommandError if a part cannot be kept running."""
        async with self._stopped_by_signals(), self.exits:
            self.exits.callback(self.home.state.unlink, missing_ok=True)
            await self._while_all_live(work(self))
            await self._while_all_live(asyncio.Event().wait())

    async def start(self, part: Running) -> None:
        keeper = Keeper(part, self.screen.say, self.write_state)
        self.keepers.append(keeper)
        self.exits.push_async_callback(keeper.stop)
        await keeper.start()

    async def start_process(self, part: Part) -> None:
        await self.start(ChildProcess(part, self.home.logs / f"{part.name}.log"))

    async def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Goes on until everything is stopped."""
        await self.exits.enter_async_context(in_background(work))

    async def until_ready(self) -> None:
        """Waits for every part. Raises CommandError after a while."""
        deadline = monotonic() + START_SECONDS
        waiting = [keeper.part for keeper in self.keepers]
        while waiting := await _not_ready(waiting):
            self.screen.waiting_for(part.name for part in waiting)
            if monotonic() > deadline:
                raise CommandError(_not_ready_in_time(waiting), exit_code=1)
            await asyncio.sleep(PROBE_PAUSE_SECONDS)
        self.screen.settled()

    def state(self) -> StackState:
        started = [keeper.part for keeper in self.keepers if keeper.is_started]
        parts = tuple(_state(part) for part in started)
        return StackState(self.address, self.database_url, parts)

    def write_state(self) -> None:
        self.home.write_state(self.state())

    async def _while_all_live(self, work: Awaitable[object]) -> None:
        """Does the work, unless a part that keeps dying puts an end to it."""
        working = asyncio.ensure_future(work)
        try:
            while not working.done():
                kept = [keeper.task for keeper in self.keepers if keeper.is_started]
                await asyncio.wait([working, *kept], timeout=1, return_when="FIRST_COMPLETED")
                for task in kept:
                    if task.done():
                        task.result()
            working.result()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    @asynccontextmanager
    async def _stopped_by_signals(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        main = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop_or_kill, main)
        try:
            yield
        except asyncio.CancelledError:
            self.screen.say("stopped")
        finally:
            self.screen.settled()

    def _stop_or_kill(self, main: asyncio.Task[None] | None) -> None:
        self.screen.settled()
        if main is not None and not main.cancelling():
            self.screen.say("stopping (once more: kill)")
            main.cancel()
            return
        for keeper in self.keepers:
            keeper.part.kill()


async def run_once(launcher: Launcher, part: Part) -> None:
    """Runs a part that is expected to end. Raises CommandError if it fails."""
    child = ChildProcess(part, launcher.home.logs / f"{part.name}.log")
    await child.start()
    try:
        how = await child.ended()
    except asyncio.CancelledError:
        await child.stop()
        raise
    if how != "exited with 0":
        raise CommandError(f"{part.name} {how}:\n{child.last_words()}", exit_code=1)


def python_command(*arguments: str) -> Sequence[str]:
    return (sys.executable, "-m", "cli", *arguments)


async def _not_ready(parts: Sequence[Running]) -> list[Running]:
    ready = await asyncio.gather(*(part.is_ready() for part in parts))
    return [part for part, is_ready in zip(parts, ready, strict=True) if not is_ready]


def _not_ready_in_time(parts: Sequence[Running]) -> str:
    said = "\n".join(f"{part.name}:\n{part.last_words()}" for part in parts)
    return f"not ready after {START_SECONDS} s:\n{said}"


def _state(part: Running) -> PartState:
    try:
        started_at = psutil.Process(part.pid).create_time()
    except psutil.NoSuchProcess:
        started_at = 0.0
    return PartState(part.name, part.pid, started_at, part.address, part.service)
