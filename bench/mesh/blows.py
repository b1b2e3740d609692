"""What happens to a replica."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from bench.mesh.processes import Processes
from services.runtime.background import in_background

# A slow one works for a twentieth of the time.
WORKING_SECONDS, STANDING_SECONDS = 0.04, 0.76


@dataclass(frozen=True)
class Blow:
    """Goes on while it is waited for."""

    name: str
    work: Callable[[Processes, str], Coroutine[Any, Any, None]]

    @asynccontextmanager
    async def dealt(self, processes: Processes, victim: str) -> AsyncIterator[None]:
        try:
            async with in_background(self.work(processes, victim)):
                yield
        finally:
            # Of one that has ended meanwhile, there is nothing to have go on.
            with suppress(ProcessLookupError):
                processes.signal(victim, signal.SIGCONT)


async def _kill(processes: Processes, victim: str) -> None:
    processes.signal(victim, signal.SIGKILL)


async def _stop(processes: Processes, victim: str) -> None:
    processes.signal(victim, signal.SIGSTOP)


async def _slow(processes: Processes, victim: str) -> None:
    while True:
        processes.signal(victim, signal.SIGSTOP)
        await asyncio.sleep(STANDING_SECONDS)
        processes.signal(victim, signal.SIGCONT)
        await asyncio.sleep(WORKING_SECONDS)


async def _end(processes: Processes, victim: str) -> None:
    processes.signal(victim, signal.SIGTERM)


BLOWS = (
    Blow("killed", _kill),
    Blow("stopped", _stop),
    Blow("slow", _slow),
    Blow("told to end", _end),
)
