"""Reads at a rate, and what became of each."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from bench.overload.client import Client, LostConnectionError
from bench.report import percentile

OK = 200
LOST = 0
PAUSE_SECONDS = 0.005
TIMES, MORE_SECONDS = 3, 0.1
# So many seconds in a row say that p99 is back.
STEADY = 3


@dataclass(frozen=True)
class Read:
    """When it was asked, how long it took, and its status; 0 if the connection was lost."""

    at: float
    seconds: float
    status: int


@dataclass
class Reads:
    """In the order in which they ended, and the moment that divides before from after."""

    each: list[Read] = field(default_factory=list)
    marked: float = 0.0
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.each)

    def __str__(self) -> str:
        told = f"{len(self)} reads, {self.failed} failed"
        if not self.marked:
            return told
        p99s = [f"{percentile(found, 99) * 1000:.0f}" for found in self._spans() if found]
        return (
            f"{told}, p99 back after {self.back_seconds} s: "
            f"{self.before * 1000:.0f} ms before, then by seconds {' '.join(p99s)}"
        )

    @property
    def failures(self) -> Counter[int]:
        return Counter(one.status for one in self.each if one.status != OK)

    @property
    def failed(self) -> int:
        return self.failures.total()

    @property
    def back_seconds(self) -> float | None:
        """From the mark until p99 is back; None if it does not come back."""
        limit = max(TIMES * self.before, self.before + MORE_SECONDS)
        spans = [not found or percentile(found, 99) <= limit for found in self._spans()]
        for number in range(len(spans) - STEADY + 1):
            if all(spans[number : number + STEADY]):
                return float(number)
        return None

    @property
    def before(self) -> float:
        return percentile([one.seconds for one in self.each if one.at < self.marked], 99)

    @property
    def after(self) -> float:
        return percentile([one.seconds for one in self.each if one.at >= self.marked], 99)

    def told(self) -> list[str]:
        if not self.marked:
            p99 = percentile([one.seconds for one in self.each], 99)
            return [str(len(self)), str(self.failed), "", f"{p99 * 1000:.0f}", ""]
        p99s = [f"{p99 * 1000:.0f}" for p99 in (self.before, self.after)]
        return [str(len(self)), str(self.failed), *p99s, str(self.back_seconds)]

    def _spans(self) -> Iterator[list[float]]:
        """Of each whole second after the mark, by when they were asked, how long they took."""
        after = [one for one in self.each if one.at >= self.marked]
        for number in range(int(max(one.at for one in after) - self.marked)):
            began = self.marked + number
            yield [one.seconds for one in after if began <= one.at < began + 1]


class Reader:
    """Asks one question after the other."""

    def __init__(self, host: str, port: int, requests: Sequence[bytes]) -> None:
        self._client = Client(host, port)
        self._requests = requests
        self._numbers = count()
        self._reads = Reads()
        self._told = 0

    def lately(self) -> str:
        """Of reads that ended since it was asked the last time."""
        lately = Reads(self._reads.each[self._told :])
        self._told += len(lately)
        p50, p99 = (percentile([one.seconds for one in lately.each], p) for p in (50, 99))
        return f"{lately}, p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"

    def mark(self) -> None:
        """From now on it is after."""
        self._reads.marked = time.perf_counter()

    async def closed_loop(self, in_flight: int, seconds: float) -> float:
        """How many a second are answered."""
        self._reads, started = Reads(), time.perf_counter()

        async def worker() -> None:
            while time.perf_counter() < started + seconds:
                await self._ask()

        await asyncio.gather(*(worker() for _ in range(in_flight)))
        answered = len(self._reads) - self._reads.failed
        return answered / (time.perf_counter() - started)

    async def open_loop(
        self, rate: float, seconds: float | None, ended: asyncio.Event | None = None
    ) -> Reads:
        """For so long, or until it has ended. Returns when all have heard something."""
        reads, self._told = Reads(), 0
        self._reads = reads
        started, sent = time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while not _is_over(started, seconds, ended):
                due = int((time.perf_counter() - started) * rate)
                for _ in range(sent, due):
                    group.create_task(self._ask())
                sent = due
                await asyncio.sleep(PAUSE_SECONDS)
        reads.seconds = time.perf_counter() - started
        return reads

    async def _ask(self) -> None:
        reads, request = self._reads, self._requests[next(self._numbers) % len(self._requests)]
        began = time.perf_counter()
        try:
            status = await self._client.ask(request)
        except LostConnectionError:
            status = LOST
        reads.each.append(Read(began, time.perf_counter() - began, status))

    def close(self) -> None:
        self._client.close()


def _is_over(started: float, seconds: float | None, ended: asyncio.Event | None) -> bool:
    is_late = seconds is not None and time.perf_counter() - started >= seconds
    return is_late or (ended is not None and ended.is_set())
