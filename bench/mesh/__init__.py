"""A service of three replicas behind the edge loses them, one after the other and each in its way.

A closed loop finds how many GetMetrics a second the edge answers; then they come at 60 % of that,
whatever comes back, while one replica is killed, one stopped, one made slow, one told to end. In
the end every process behind the edge is told to end, one after the other, at 30 %, while others
record what is looked for afterwards by SQL. A read must never fail, and what was acknowledged must
be there.

p99 is back when the reads of one second after the other take less than three times what they took
in the seconds before, or a tenth of a second more. T is how long each calm and each blow is (8s).
"""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Coroutine, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.mesh.blows import BLOWS, Blow
from bench.mesh.processes import Processes
from bench.mesh.questions import WORKSPACE, questions
from bench.mesh.reading import Reader, Reads
from bench.mesh.writing import Writers, lost
from bench.report import conclude, report
from bench.stack import NO_CACHE, Stack, running_stack
from cli.durations import parse_duration

SHARE = 0.6
# To begin a process takes as much of a processor as hundreds of answers, and all share two.
ROLLING_SHARE = 0.3
IN_FLIGHT = 16
BACK_LIMIT_SECONDS = 5
SERVICE = "metrics"
# What is on the way of reads and writes has another one that takes over.
REPLICAS = {SERVICE: 3, "ingest": 2, "limits": 2, "access": 2}
# As anywhere but on a developer's machine.
SETTINGS = {**NO_CACHE, "SHADOWER_NOTICE_SECONDS": "2"}
Reading = partial[Coroutine[Any, Any, Reads]]


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "8s").total_seconds()
    options = [word for name, n in REPLICAS.items() for word in ("--replicas", f"{name}={n}")]
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), *options, settings=SETTINGS) as stack,
    ):
        is_passed = asyncio.run(_measured(stack, seconds))
    sys.exit(not is_passed)


async def _measured(stack: Stack, seconds: float) -> bool:
    edge, processes = urlsplit(stack.edge), Processes(stack)
    reader = Reader(str(edge.hostname), edge.port or 80, await questions(stack))
    with closing(reader):
        await reader.closed_loop(IN_FLIGHT, 2)
        capacity = await reader.closed_loop(IN_FLIGHT, seconds)
        print(f"{capacity:.0f} reads a second at most", flush=True)
        blown = {}
        for number, blow in enumerate(BLOWS):
            reading = partial(reader.open_loop, SHARE * capacity, 2 * seconds)
            victim = processes.replicas_of(SERVICE)[number % REPLICAS[SERVICE]]
            blown[blow.name] = await _blown(processes, victim, blow, reader, reading)
        rolled, writers = await _rolled(processes, reader, ROLLING_SHARE * capacity)
    missing = await lost(stack, WORKSPACE, writers.acknowledged)
    _print(capacity, {**blown, "all restarted": rolled})
    return _conclude(capacity, blown, rolled, writers, missing)


async def _blown(
    processes: Processes, victim: str, blow: Blow, reader: Reader, reading: Reading
) -> Reads:
    """Reads before the blow, and as long as it lasts."""
    await processes.until_ready(processes.replicas_of(victim))
    going_on = asyncio.create_task(reading())
    await asyncio.sleep(reading.args[1] / 2)
    reader.mark()
    async with blow.dealt(processes, victim):
        reads = await going_on
    print(f"{blow.name}: {reads}", flush=True)
    return reads


async def _rolled(processes: Processes, reader: Reader, rate: float) -> tuple[Reads, Writers]:
    """Every process behind the edge is told to end, one after the other, as a release does it."""
    ended = asyncio.Event()
    await processes.until_ready(processes.replicas_of(SERVICE))
    async with Writers.of(processes.stack, ended) as writers:
        reading = asyncio.create_task(reader.open_loop(rate, None, ended))
        try:
            for name in processes.names():
                await processes.until_another(name, processes.signal(name, signal.SIGTERM))
                print(f"  {name}: {reader.lately()}", flush=True)
        finally:
            ended.set()
        reads = await reading
    print(f"all restarted: {reads}", flush=True)
    return reads, writers


def _conclude(
    capacity: float, blown: Mapping[str, Reads], rolled: Reads, writers: Writers, missing: int
) -> bool:
    reads = [*blown.values(), rolled]
    failed = sum(one.failed for one in reads)
    backs = {name: one.back_seconds for name, one in blown.items()}
    conclude(
        "mesh",
        ratio=1 - failed / sum(map(len, reads)),
        capacity_per_second=round(capacity, 1),
        reads=sum(map(len, blown.values())),
        failed={name: one.failed for name, one in blown.items()},
        failures={name: dict(one.failures) for name, one in blown.items() if one.failed},
        back_seconds=backs,
        back_limit_seconds=BACK_LIMIT_SECONDS,
        rolling_seconds=round(rolled.seconds, 1),
        rolling_reads=len(rolled),
        rolling_failed_reads=rolled.failed,
        rolling_failures=dict(rolled.failures),
        acknowledged=len(writers.acknowledged),
        writes_sent_again=writers.sent_again,
        lost_writes=missing,
    )
    is_back = all(back is not None and back <= BACK_LIMIT_SECONDS for back in backs.values())
    return is_back and not failed and not missing


def _print(capacity: float, rows: Mapping[str, Reads]) -> None:
    report(
        f"Reads at {SHARE:.0%} of {capacity:.0f} a second",
        ["replica", "reads", "failed", "p99 ms before", "p99 ms after", "back after s"],
        [[name, *reads.told()] for name, reads in rows.items()],
    )
