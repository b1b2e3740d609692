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

from bench.report import conclude, percentile, report
from bench.telemetry.asking import Asking, Call, Subject
from bench.telemetry.processes import open_pair
from bench.telemetry.receiver import Received, open_receiver
from cli.durations import parse_duration

IN_FLIGHT = 8
LEAST_RATIO = 0.85


@dataclass
class Kind:
    """What is asked of the process without telemetry, and of the one with it."""

    name: str
    off: Subject
    on: Subject
    rates: list[tuple[float, float]] = field(default_factory=list)
    costs: list[tuple[float, float]] = field(default_factory=list)
    """Seconds of a processor that a call took."""
    seconds: list[float] = field(default_factory=list)

    def forget_the_first(self) -> None:
        """Connections and memory were made in it."""
        del self.rates[0], self.costs[0]

    @property
    def ratio(self) -> float:
        return statistics.median(on / off for off, on in self.rates)

    @property
    def cost_ratio(self) -> float:
        """The same as it would be if processes waited for processors alone."""
        return statistics.median(off / on for off, on in self.costs)

    @property
    def calls_traced(self) -> int:
        return len(self.seconds)


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "1s").total_seconds()
    rounds = int(os.environ.get("N") or 8)
    with tempfile.TemporaryDirectory() as directory:
        kinds, received = asyncio.run(_measured(Path(directory), seconds, rounds))
    _print(kinds, received)


async def _measured(folder: Path, seconds: float, rounds: int) -> tuple[list[Kind], Received]:
    async with AsyncExitStack() as opened:
        receiver = await open_receiver(opened)
        pair = await open_pair(opened, folder, receiver.address)
        asking = Asking(pair, opened)
        await asking.fill()
        kinds = [
            Kind("a read from memory", *asking.cached()),
            Kind("a read from the database", *asking.uncached()),
            Kind("ingestion of ten executions", *asking.recording()),
        ]
        for _ in range(rounds + 1):
            for kind in kinds:
                await _round(kind, seconds)
        for kind in kinds:
            kind.forget_the_first()
        return kinds, await receiver.received()


async def _round(kind: Kind, seconds: float) -> None:
    """Both at the same load, one after the other."""
    off, off_cost = await _rate(kind.off, seconds, [])
    on, on_cost = await _rate(kind.on, seconds, kind.seconds)
    kind.rates.append((off, on))
    kind.costs.append((off_cost, on_cost))


async def _rate(subject: Subject, seconds: float, taken: list[float]) -> tuple[float, float]:
    """Calls a second, and seconds of its process that each took."""
    started, busy = time.perf_counter(), subject.running.busy_seconds()
    until = started + seconds
    done = await asyncio.gather(*(_worker(subject.call, until) for _ in range(IN_FLIGHT)))
    passed = time.perf_counter() - started
    answered = [one for worker in done for one in worker]
    taken += answered
    cost = (subject.running.busy_seconds() - busy) / len(answered)
    return len(answered) / passed, cost


async def _worker(call: Call, until: float) -> list[float]:
    taken = []
    while (started := time.perf_counter()) < until:
        await call()
        taken.append(time.perf_counter() - started)
    return taken


def _print(kinds: Sequence[Kind], received: Received) -> None:
    report(
        f"{IN_FLIGHT} in flight, medians of {len(kinds[0].rates)} interleaved rounds",
        ["call", "off, calls/s", "on, calls/s", "on over off", "off over on, CPU", "on, p99 ms"],
        [_row(kind) for kind in kinds],
    )
    calls = sum(kind.calls_traced for kind in kinds)
    conclude(
        "telemetry",
        ratio=round(min(kind.ratio for kind in kinds), 3),
        ratio_cached=round(kinds[0].ratio, 3),
        ratio_uncached=round(kinds[1].ratio, 3),
        ratio_ingestion=round(kinds[2].ratio, 3),
        cost_ratio=round(min(kind.cost_ratio for kind in kinds), 3),
        least_ratio=LEAST_RATIO,
        calls_traced=calls,
        spans_received=received.spans,
        traced_part=round(received.calls / calls, 3),
        exports_of_metrics=received.metrics,
    )


def _row(kind: Kind) -> list[str]:
    off, on = (statistics.median(rates) for rates in zip(*kind.rates, strict=True))
    p99 = percentile(kind.seconds, 99) * 1000
    return [
        kind.name,
        f"{off:.0f}",
        f"{on:.0f}",
        f"{kind.ratio:.3f}",
        f"{kind.cost_ratio:.3f}",
        f"{p99:.1f}",
    ]
