"""Calls in turns: as many at once as are answered, or as many a second as come."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count

from bench.overload.client import Client

REFUSED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
DEADLINE_SECONDS = 2.0
PAUSE_SECONDS = 0.005


@dataclass
class Turn:
    """What became of calls: how long the answered and the refused ones took."""

    seconds: float = 0
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    late: int = 0
    others: Counter[int] = field(default_factory=Counter)
    """How often another status came."""

    @property
    def rate(self) -> float:
        return len(self.answered) / self.seconds


@dataclass(frozen=True)
class Caller:
    """Asks one question after the other."""

    client: Client
    requests: Sequence[bytes]
    numbers: "count[int]" = field(default_factory=count)

    async def call(self, turn: Turn) -> None:
        request = self.requests[next(self.numbers) % len(self.requests)]
        started = time.perf_counter()
        status = await self.client.ask(request)
        seconds = time.perf_counter() - started
        if status in REFUSED:
            turn.refused.append(seconds)
        elif seconds > DEADLINE_SECONDS:
            turn.late += 1
        elif status == HTTPStatus.OK:
            turn.answered.append(seconds)
        else:
            turn.others[status] += 1

    async def closed_loop(self, in_flight: int, seconds: float) -> Turn:
        turn, started = Turn(), time.perf_counter()

        async def worker() -> None:
            while time.perf_counter() < started + seconds:
                await self.call(turn)

        await asyncio.gather(*(worker() for _ in range(in_flight)))
        turn.seconds = time.perf_counter() - started
        return turn

    async def open_loop(self, rate: float, seconds: float) -> Turn:
        """Returns when the last of them has heard something; that time counts, too."""
        turn, started, sent = Turn(), time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while (passed := time.perf_counter() - started) < seconds:
                due = int(passed * rate)
                for _ in range(sent, due):
                    group.create_task(self.call(turn))
                sent = due
                await asyncio.sleep(PAUSE_SECONDS)
        turn.seconds = time.perf_counter() - started
        return turn
