"""Live streams, all open at once, while a hundred workspaces change each second.

A third of them each are server-sent events, WebSockets (a connection for each) and gRPC (a
hundred on a connection), all through the edge of a stack. Each update is a run that is recorded; a
stream is current when it has told a count of runs that has that run in it, and late by the time
since the producer began to send it. An update that a stream had not told at the end counts as late
by the time until then. Before them, as many streams of a bare handler of grpc.aio are told the same
bytes as often: the floor. Two readers stop reading a large answer, and look later what has become
of them.

N is how many streams there are (10000), T how long the workspaces change (30s).
"""

import asyncio
import os
import resource
import tempfile
from pathlib import Path

from bench.report import conclude, percentile, report
from bench.stack import running_stack
from bench.streams.findings import Findings
from bench.streams.floor import Floor, measured_floor
from bench.streams.measuring import WORKSPACES, measured
from bench.streams.readers import KINDS
from cli.durations import parse_duration

STREAMS = 10_000
FLOOR_SECONDS = 5.0
MOST_SECONDS = 2.0
MOST_BYTES = 3_000_000_000
MIB = 1024 * 1024


def main() -> None:
    streams = int(os.environ.get("N") or STREAMS)
    seconds = parse_duration(os.environ.get("T") or "30s").total_seconds()
    _allow_files()
    floor = asyncio.run(measured_floor(streams, WORKSPACES, FLOOR_SECONDS))
    # Two more of them do not read.
    settings = {"SHADOWER_MAX_STREAMS": str(max(streams + 2, STREAMS))}
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), settings=settings) as stack,
    ):
        found = asyncio.run(measured(stack, streams, seconds))
    _print(found, floor)


def _allow_files() -> None:
    """As many as there may be; the stack inherits it. An edge holds two for each WebSocket."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _print(found: Findings, floor: Floor) -> None:
    report(
        f"{len(found.streams):,} streams opened in {found.opening_seconds:.0f} s; "
        f"{found.updates_per_second:.0f} updates/s of {found.workspaces} workspaces",
        ["streams", "asked for", "opened", "dropped", "p50 s", "p99 s", "never current"],
        [_row(found, kind) for kind in KINDS],
    )
    report(
        "Memory while they change, and seconds of CPU a second",
        ["part", "MiB", "CPU"],
        [[name, _mebibytes(found, name), f"{spent:.2f}"] for name, spent in found.cpu.items()],
    )
    for told in (*found.reasons(), *found.slow):
        print(told)
    late = found.late()
    p99 = percentile(late, 99) if late else float("inf")
    conclude(
        "streams",
        ratio=round(MOST_SECONDS / p99, 3),
        p99_seconds=round(p99, 3) if late else None,
        p50_seconds=round(percentile(late, 50), 3) if late else None,
        acknowledged_p50_seconds=round(percentile(found.acknowledged, 50), 3),
        acknowledged_p99_seconds=round(percentile(found.acknowledged, 99), 3),
        told_per_second=round(found.told_per_second),
        floor_p99_seconds=round(floor.p99_seconds, 3),
        floor_told_per_second=round(floor.messages_per_second),
        floor_cpu=round(floor.cpu, 2),
        floor_bytes=floor.bytes,
        streams=len(found.streams),
        opened=sum(one.is_opened for one in found.streams),
        dropped=sum(one.is_dropped for one in found.streams),
        never_current=found.never_current(),
        updates_per_second=round(found.updates_per_second, 1),
        memory_bytes=sum(found.memory.values()),
        memory_limit_bytes=MOST_BYTES,
        slow_readers=found.slow,
    )


def _mebibytes(found: Findings, name: str) -> str:
    """Nothing for the load, which is not what is measured."""
    return f"{found.memory[name] / MIB:.0f}" if name in found.memory else ""


def _row(found: Findings, kind: str) -> list[str]:
    ours = [one for one in found.streams if one.kind == kind]
    late = found.late(kind)
    times = [f"{percentile(late, p):.2f}" for p in (50, 99)] if late else ["", ""]
    counts = (len(ours), sum(o.is_opened for o in ours), sum(o.is_dropped for o in ours))
    return [kind, *(f"{one:,}" for one in counts), *times, f"{found.never_current(kind):,}"]
