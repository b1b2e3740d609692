"""The load: as much as is answered, then as much as both can bear, at fixed times."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from bench.peer.exchange import Caller
from bench.report import percentile

IN_FLIGHT = 8
OK = 200

Target = Callable[[], str]


@dataclass
class Subject:
    """A server that is asked for one kind of answer, and how it did."""

    name: str
    caller: Caller
    target: Target
    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        """Answers a second; those that failed are none."""
        return median(self.rates)

    async def saturate(self, seconds: float) -> None:
        """A closed loop: each answer is followed by the next request."""
        started = time.perf_counter()
        done = await asyncio.gather(*(self._work(started + seconds) for _ in range(IN_FLIGHT)))
        self.rates.append(sum(done) / (time.perf_counter() - started))

    async def arrive(self, rate: float, requests: int) -> None:
        """An open loop: requests come when they come. Waiting begins when one should have come."""
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(requests):
                due = started + number / rate
                await asyncio.sleep(max(0, due - time.perf_counter()))
                group.create_task(self._timed(due))

    def milliseconds(self, percent: float) -> float:
        return percentile(self.seconds, percent) * 1000

    async def _work(self, until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            done += await self._is_answered()
        return done

    async def _timed(self, due: float) -> None:
        await self._is_answered()
        self.seconds.append(time.perf_counter() - due)

    async def _is_answered(self) -> bool:
        reply = await self.caller.get(self.target())
        self.failures += reply.status != OK
        return reply.status == OK
