"""Keeps one part running: starts it again when it dies, and gives up when it keeps dying."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from cli.failures import CommandError
from cli.stack.parts import Running

Say = Callable[[str], None]


@dataclass(frozen=True)
class Backoff:
    """How often a part may die in a span of seconds, and how long to wait before each restart."""

    deaths: int = 5
    within: float = 120
    first: float = 0.5
    most: float = 8

    def pause(self, deaths: int) -> float:
        return float(min(self.most, self.first * 2 ** (deaths - 1)))


@dataclass
class Keeper:
    """`task` ends with a CommandError when the part cannot be kept running."""

    part: Running
    say: Say
    started: Callable[[], None]
    backoff: Backoff = field(default_factory=Backoff)
    _deaths: deque[float] = field(default_factory=deque)
    _task: asyncio.Task[None] | None = None

    @property
    def task(self) -> asyncio.Task[None]:
        if self._task is None:
            raise RuntimeError(f"{self.part.name} was not started")
        return self._task

    @property
    def is_started(self) -> bool:
        return self._task is not None

    async def start(self) -> None:
        await self.part.start()
        self._task = asyncio.create_task(self._keep(), name=self.part.name)
        self.started()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, CommandError):
                await self._task
        await self.part.stop()

    async def _keep(self) -> None:
        while True:
            how = await self.part.ended()
            self._count_death()
            self.say(f"{self.part.name} {how}:\n{self.part.last_words()}")
            if len(self._deaths) >= self.backoff.deaths:
                raise CommandError(f"{self.part.name} keeps dying", exit_code=1)
            await asyncio.sleep(self.backoff.pause(len(self._deaths)))
            await self.part.start()
            self.started()
            self.say(f"{self.part.name} was started again")

    def _count_death(self) -> None:
        now = monotonic()
        self._deaths.append(now)
        while self._deaths[0] < now - self.backoff.within:
            self._deaths.popleft()
