"""Carries a schedule of faults out, and keeps alive whoever dies of something else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from tools.faults.schedule import Blow, Fault
from tools.faults.victim import NotReadyError, Victim

LOOK_AGAIN_SECONDS = 0.5
PATIENCE_SECONDS = 120

Say = Callable[[str], None]


@dataclass
class Casualty:
    """A victim, and what befell it."""

    victim: Victim
    kills: int = 0
    pauses: int = 0
    # It ended although nobody killed it: it may, if its restart puts everything right.
    own_deaths: int = 0
    recoveries: list[float] = field(default_factory=list)
    is_retired: bool = False
    # One thing at a time befalls it.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def suffer(self, fault: Fault) -> None:
        async with self.turn:
            await (self._die(fault) if fault.blow is Blow.KILL else self._sleep(fault))

    async def stay_alive(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            async with self.turn:
                if not self.victim.is_alive() and not self.is_retired:
                    self.own_deaths += 1
                    await self._start()

    async def retire(self) -> None:
        """Lets it end in peace and for good."""
        async with self.turn:
            self.is_retired = True
            await asyncio.to_thread(self.victim.stop)

    async def died(self, count: int) -> None:
        """Returns when it has died that often although nobody killed it."""
        while self.own_deaths < count:  # noqa: ASYNC110 - another process's end sets no event
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _die(self, fault: Fault) -> None:
        await asyncio.to_thread(self.victim.kill)
        self.kills += 1
        await asyncio.sleep(fault.seconds)
        await self._start()

    async def _start(self) -> None:
        started = monotonic()
        while not await self._is_started():
            if monotonic() > started + PATIENCE_SECONDS:
                raise NotReadyError(f"{self.victim.name} keeps dying")
        self.recoveries.append(monotonic() - started)

    async def _is_started(self) -> bool:
        """What it needs may be away just now, and it may give up for that; then it tries again."""
        try:
            await asyncio.to_thread(self.victim.start)
        except NotReadyError:
            if self.victim.is_alive():
                raise
            self.own_deaths += 1
        return self.victim.is_alive()

    async def _sleep(self, fault: Fault) -> None:
        self.victim.pause()
        self.pauses += 1
        await asyncio.sleep(fault.seconds)
        self.victim.resume()


@dataclass
class Chaos:
    """All who may be struck, by name."""

    casualties: dict[str, Casualty]
    say: Say

    @classmethod
    def among(cls, victims: Sequence[Victim], say: Say) -> "Chaos":
        return cls({victim.name: Casualty(victim) for victim in victims}, say)

    @asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(one.stay_alive()) for one in self.casualties.values()]
            yield
            for keeper in keepers:
                keeper.cancel()

    def those_called(self, beginning: str) -> list[Casualty]:
        return [one for name, one in self.casualties.items() if name.startswith(beginning)]

    async def rage(self, faults: Sequence[Fault]) -> None:
        """Ends when the last victim is on its feet again."""
        began = monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(began + fault.at - monotonic())
                self.say(f"{fault.at:7.1f} s  {fault.blow} {fault.victim} {fault.seconds:.1f} s")
                group.create_task(self.casualties[fault.victim].suffer(fault))
