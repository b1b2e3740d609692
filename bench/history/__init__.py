"""Answers over histories of different lengths, beside raw SQL and beside a bare handler.

N is how many executions the workspaces have (100000,1000000,10000000).
"""

import asyncio
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.history.measuring import DAYS, Cell, Measured, measured, workspace_of
from bench.history.timing import Timed
from bench.report import conclude, report
from bench.rolling import roll_up
from bench.stack import NO_CACHE, Stack, running_stack
from tools.history import History, make_history

SIZES = "100000,1000000,10000000"
# Of a run: its row, its key, the indexes of both and the log of their writing.
BYTES = 1_000


def main() -> None:
    sizes = sorted(int(size) for size in (os.environ.get("N") or SIZES).split(","))
    with tempfile.TemporaryDirectory() as directory:
        _check_disk(directory, sum(sizes) * BYTES)
        with running_stack(Path(directory), settings=NO_CACHE) as stack:
            found = asyncio.run(_measured(stack, sizes))
    _print(found)
    _conclude(found, sizes)


def _check_disk(directory: str, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    if free < needed:
        sys.exit(f"{needed:,} bytes are needed in {directory}, {free:,} are free; lower N")


async def _measured(stack: Stack, sizes: list[int]) -> Measured:
    end = datetime.now(UTC)
    for size in sizes:
        # The interval that is asked for and the period before it, which it is compared with.
        history = History((workspace_of(size),), end - 2 * DAYS, end, {"executions": size})
        await make_history(stack.state["database_url"], history)
        seconds = await roll_up(stack, workspace_of(size))
        print(f"{size:,} executions are there, rolled up in {seconds:.0f} s", flush=True)
    return await measured(stack, sizes, end)


def _print(found: Measured) -> None:
    report(
        f"The last {DAYS.days} of {2 * DAYS.days} days, never asked before; milliseconds",
        ["call", "executions", "failed", "p50", "p95", "floor p50", "SQL p50", "faster"],
        [_row(cell, found.floors[cell.name]) for cell in found.cells],
    )


def _row(cell: Cell, floor: Timed) -> list[str]:
    return [
        cell.name,
        f"{cell.executions:,}",
        f"{cell.ours.failures} of {len(cell.ours.seconds)}",
        f"{cell.ours.milliseconds(50):.2f}",
        f"{cell.ours.milliseconds(95):.2f}",
        f"{floor.milliseconds(50):.2f}",
        f"{cell.raw.milliseconds(50):.2f}",
        f"{cell.times_faster:.1f} x",
    ]


def _conclude(found: Measured, sizes: list[int]) -> None:
    fewest, most = found.of_size(sizes[0]), found.of_size(sizes[-1])
    growth = {
        large.name: large.ours.milliseconds(95) / small.ours.milliseconds(95)
        for small, large in zip(fewest, most, strict=True)
    }
    conclude(
        "history",
        ratio=round(max(growth.values()), 2),
        ratios={name: round(ratio, 2) for name, ratio in growth.items()},
        p95_ms={cell.name: round(cell.ours.milliseconds(95), 2) for cell in most},
        floor_p95_ms={n: round(floor.milliseconds(95), 2) for n, floor in found.floors.items()},
        times_faster={cell.name: round(cell.times_faster, 1) for cell in most},
        # Of a call that failed, it is only known that it takes longer than it took to fail.
        failed=sum(cell.ours.failures for cell in found.cells),
        executions=sizes,
    )
