"""The workspaces that the page shows, and how many agents ran in them."""

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.rolling import roll_up
from bench.stack import Stack
from tools.history import History, make_history

BUSY, BOARD, CROWD = "console-busy", "console-board", "console-crowd"
BOARD_AGENTS = 5_000
# As many points has each chart of it.
BOARD_HOURS = timedelta(hours=100)
# What is shown unless somebody chooses, and the period before, which it is compared with.
SHOWN = timedelta(days=7)
RUNS_PER_AGENT = 4
# Of a run: its row, its key, the indexes of both and the log of their writing.
BYTES = 1_000


@dataclass(frozen=True)
class Made:
    """A workspace, over how long its runs spread, how many they are, and how many agents take turns
    at every second of them."""

    workspace: str
    length: timedelta
    executions: int
    crowd: int = 0


def planned(executions: int, agents: int) -> list[Made]:
    return [
        Made(BUSY, 2 * SHOWN, executions),
        Made(BOARD, BOARD_HOURS, RUNS_PER_AGENT * BOARD_AGENTS, BOARD_AGENTS),
        # Once in the time that is shown, once in the one before.
        Made(CROWD, 2 * SHOWN, RUNS_PER_AGENT * agents, agents),
    ]


async def make_histories(stack: Stack, executions: int, agents: int, end: datetime) -> None:
    all_of_them = planned(executions, agents)
    _check_disk(sum(one.executions for one in all_of_them) * BYTES)
    for one in all_of_them:
        await _make(stack, one, end)


async def _make(stack: Stack, made: Made, end: datetime) -> None:
    started = time.perf_counter()
    facts = {"executions": made.executions}
    history = History((made.workspace,), end - made.length, end, facts, crowd=made.crowd)
    await make_history(stack.state["database_url"], history)
    there = time.perf_counter() - started
    rolled = await roll_up(stack, made.workspace)
    told = f"{made.executions:,} executions are there after {there:.0f} s"
    print(f"{made.workspace}: {told}, rolled up in {rolled:.0f} s", flush=True)


def _check_disk(needed: int) -> None:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < needed:
        sys.exit(f"{needed:,} bytes are needed in {tempfile.gettempdir()}, {free:,} are free")
