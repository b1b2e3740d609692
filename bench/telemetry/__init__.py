"""Reads and ingestion with every call traced and metrics sent, beside the same with neither.

Both go to a receiver of OTLP in a process of its own, which reads what it is sent. T is how long a
round takes (1s), N how many there are (8).
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.report import conclude, report
from bench.telemetry.asking import Asking, Call, Subject
from bench.telemetry.processes import open_pair
from bench.telemetry.receiver import Received, open_receiver
from cli.durations import parse_duration

IN_FLIGHT = 8
LEAST_RATIO = 0.85


class Loaded(NamedTuple):
    """How a process did."""

    calls: int
    rate: float
    """A second."""
    cost: float
    """Seconds of a processor that each took."""


@dataclass
class Kind:
    """What is asked of the process without telemetry, and of the one with it."""

    name: str
    off: Subject
    on: Subject
    rounds: list[tuple[Loaded, Loaded]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(on.rate / off.rate for off, on in self._counted)

    @property
    def cost_ratio(self) -> float:
        """The same if nobody but these processes wanted the processors."""
        return statistics.median(off.cost / on.cost for off, on in self._counted)

    @property
    def calls_traced(self) -> int:
        return sum(on.calls for _, on in self.rounds)

    def row(self) -> list[str]:
        off, on = zip(*self._counted, strict=True)
        rates = [f"{statistics.median(one.rate for one in side):.0f}" for side in (off, on)]
        costs = [f"{statistics.median(one.cost for one in side) * 1e6:.0f}" for side in (off, on)]
        return [self.name, *rates, f"{self.ratio:.3f}", *costs, f"{self.cost_ratio:.3f}"]

    @property
    def _counted(self) -> list[tuple[Loaded, Loaded]]:
        """Connections and memory are made in the first round."""
        return self.rounds[1:]


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "1s").total_seconds()
    rounds = int(os.environ.get("N") or 8)
    with tempfile.TemporaryDirectory() as directory:
        kinds, received = asyncio.run(_measured(Path(directory), seconds, rounds))
    _print(kinds, received)


async def _measured(folder: Path, seconds: float, rounds: int) -> tuple[list[Kind], Received]:
    async with AsyncExitStack() as opened:
        receiver = await open_receiver(opened)
        asking = Asking(await open_pair(opened, folder, receiver.address), opened)
        await asking.fill()
        kinds = [
            Kind("a read from memory", *asking.cached()),
            Kind("a read from the database", *asking.uncached()),
            Kind("ingestion of ten runs", *asking.recording()),
        ]
        for number in range(rounds + 1):
            for kind in kinds:
                kind.rounds.append(await _round(kind, seconds, is_off_first=number % 2 == 0))
        return kinds, await receiver.received()


async def _round(kind: Kind, seconds: float, *, is_off_first: bool) -> tuple[Loaded, Loaded]:
    """One after the other, at the same load; in turns, each goes first."""
    if is_off_first:
        off = await _load(kind.off, seconds)
        return off, await _load(kind.on, seconds)
    on = await _load(kind.on, seconds)
    return await _load(kind.off, seconds), on


async def _load(subject: Subject, seconds: float) -> Loaded:
    started, busy = time.perf_counter(), subject.running.busy_seconds()
    until = started + seconds
    calls = sum(await asyncio.gather(*(_worker(subject.call, until) for _ in range(IN_FLIGHT))))
    passed = time.perf_counter() - started
    return Loaded(calls, calls / passed, (subject.running.busy_seconds() - busy) / calls)


async def _worker(call: Call, until: float) -> int:
    calls = 0
    while time.perf_counter() < until:
        await call()
        calls += 1
    return calls


def _print(kinds: Sequence[Kind], received: Received) -> None:
    report(
        f"{IN_FLIGHT} in flight, medians of {len(kinds[0].rounds) - 1} interleaved rounds",
        ["call", "off, calls/s", "on, calls/s", "on/off", "off, CPU µs", "on, CPU µs", "off/on"],
        [kind.row() for kind in kinds],
    )
    cached, uncached, ingestion = kinds
    calls = sum(kind.calls_traced for kind in kinds)
    conclude(
        "telemetry",
        ratio=round(min(kind.ratio for kind in kinds), 3),
        ratio_cached=round(cached.ratio, 3),
        ratio_uncached=round(uncached.ratio, 3),
        ratio_ingestion=round(ingestion.ratio, 3),
        cost_ratio=round(min(kind.cost_ratio for kind in kinds), 3),
        least_ratio=LEAST_RATIO,
        calls_traced=calls,
        traced_part=round(received.calls / calls, 3),
        spans_received=received.spans,
        exports_of_metrics=received.metrics,
    )
