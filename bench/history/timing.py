"""How long something takes that is done again and again, and may fail."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import grpc

from bench.report import percentile

SECONDS_PER_ROUND = 1.0
# What has taken longer than this in all is not done again.
PATIENCE_SECONDS = 20.0

Answer = TypeVar("Answer")


@dataclass
class Timed:
    """A call. One that fails counts with the time that it took to fail: at least so long."""

    do: Callable[[], Awaitable[object]]
    seconds: list[float] = field(default_factory=list)
    failures: int = 0

    async def round(self) -> None:
        until = time.perf_counter() + SECONDS_PER_ROUND
        while sum(self.seconds) < PATIENCE_SECONDS:
            await self._once()
            if time.perf_counter() > until:
                break

    def milliseconds(self, percent: float) -> float:
        return percentile(self.seconds, percent) * 1000

    async def _once(self) -> None:
        started = time.perf_counter()
        try:
            await self.do()
        except grpc.aio.AioRpcError:
            self.failures += 1
        self.seconds.append(time.perf_counter() - started)
