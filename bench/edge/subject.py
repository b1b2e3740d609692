"""A chain that is asked, and what each process spent on it."""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench.edge.client import Connection, UnexpectedAnswerError, connected
from bench.edge.running import Edge

IN_FLIGHT = 8
ROUND_SECONDS = 0.7
WARM_UP_SECONDS = 0.2
PATIENCE_SECONDS = 30
MICROSECONDS_OF_NANOSECOND = 1e-3
Processes = Mapping[str, Sequence[int]]
"""Ids of them, by what they are together."""


@dataclass
class Subject:
    """Something that is asked over TLS or without."""

    name: str
    edge: Edge
    request: bytes
    rates: list[float] = field(default_factory=list)
    costs: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def processes(self) -> list[str]:
        return list(self.costs[0])

    def cost(self, process: str) -> float:
        """Microseconds of CPU a request."""
        return statistics.median(costs[process] for costs in self.costs)

    def difference(self, process: str, before: "Subject") -> float:
        """The median of rounds, since neighbours in time have the same machine."""
        pairs = zip(self.costs, before.costs, strict=True)
        return statistics.median(mine[process] - theirs[process] for mine, theirs in pairs)


async def measured(subjects: Sequence[Subject], processes: Processes, rounds: int) -> None:
    connections = [await _open(subject) for subject in subjects]
    pairs = list(zip(subjects, connections, strict=True))
    for subject, opened in pairs:
        await _until_answered(subject, opened[0])
    dice = Random(1)
    for _ in range(rounds):
        # In another order each time, or what comes again and again hits the same ones.
        for subject, opened in dice.sample(pairs, len(pairs)):
            await _round(subject, opened, processes)
    for opened in connections:
        for connection in opened:
            connection.close()


async def _open(subject: Subject) -> list[Connection]:
    edge = subject.edge
    return [await connected(edge.port, edge.tls) for _ in range(IN_FLIGHT)]


async def _until_answered(subject: Subject, connection: Connection) -> None:
    """A cluster that was not looked at yet has nobody who serves."""
    until = time.perf_counter() + PATIENCE_SECONDS
    while True:
        try:
            await connection.ask(subject.request)
        except UnexpectedAnswerError:
            if time.perf_counter() > until:
                raise
            await asyncio.sleep(0.2)
        else:
            return


async def _round(subject: Subject, connections: list[Connection], processes: Processes) -> None:
    # As in traffic that goes on: while others were asked, leases of the limiter ended.
    await _asked(subject, connections, WARM_UP_SECONDS)
    pids = {"envoy": [subject.edge.pid], **processes}
    before = {name: sum(map(_cpu, some)) for name, some in pids.items()}
    started = time.perf_counter()
    done = await _asked(subject, connections, ROUND_SECONDS)
    subject.rates.append(done / (time.perf_counter() - started))
    spent = {name: sum(map(_cpu, some)) - before[name] for name, some in pids.items()}
    subject.costs.append({name: one / done for name, one in spent.items()})


async def _asked(subject: Subject, connections: list[Connection], seconds: float) -> int:
    until = time.perf_counter() + seconds
    return sum(await asyncio.gather(*(_worker(subject, one, until) for one in connections)))


async def _worker(subject: Subject, connection: Connection, until: float) -> int:
    done = 0
    while time.perf_counter() < until:
        await connection.ask(subject.request)
        done += 1
    return done


def _cpu(pid: int) -> float:
    """Microseconds that its threads have run. Finer than the ticks of times(2)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in threads) * MICROSECONDS_OF_NANOSECOND
