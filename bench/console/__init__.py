"""The console's page in a browser, before the whole stack of `shadower up`.

N is how many executions the one and how many agents the other workspace has (10000000,1000000).

From navigation to the drawn overview of a workspace with so many executions, half of them in the
seven days that are shown and half in the seven before. Each navigation is that of a new profile of
the browser: nothing of the page is known, and no answer is remembered. The floor is the same page
and the same answers out of a bare process, so it is what the browser takes.

Then a board of 5,000 agents and charts of 100 points are scrolled through, and tasks of more than
50 ms are counted, of which there may be none. Then a workspace is asked about in which so many
agents ran once in the time that is shown.
"""

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.console.browser import open_browser
from bench.console.crowd import Told, told_of_crowd
from bench.console.floor import open_floor
from bench.console.histories import BUSY, CROWD, make_histories
from bench.console.navigating import FLOOR, OURS, Navigations, Page, navigated
from bench.console.scrolling import Scrolled, scrolled_through
from bench.report import conclude, percentile, report
from bench.stack import NO_CACHE, Stack, running_stack

SIZES = "10000000,1000000"
LIMIT_SECONDS = 1.0


def main() -> None:
    executions, agents = (int(size) for size in (os.environ.get("N") or SIZES).split(","))
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), settings=NO_CACHE) as stack,
    ):
        asyncio.run(_measured(stack, executions, agents))


async def _measured(stack: Stack, executions: int, agents: int) -> None:
    end = datetime.now(UTC)
    await make_histories(stack, executions, agents, end)
    async with AsyncExitStack() as opened:
        browser = await open_browser(opened)
        page = Page(browser, stack.edge, stack.token(BUSY), BUSY)
        floor = await open_floor(opened, page)
        navigations = await navigated(page, floor)
        _print_navigations(navigations)
        scrolled = await scrolled_through(browser, stack, end)
        _print_scrolled(scrolled)
        crowd = Page(browser, stack.edge, stack.token(CROWD), CROWD)
        told = await told_of_crowd(crowd, stack, end)
        _print_told(told)
    _conclude(navigations, scrolled, told, executions=executions, agents=agents)


def _print_navigations(navigations: Navigations) -> None:
    report(
        "From navigation to the drawn overview; milliseconds",
        ["answers", "navigations", "p50", "p95", "longest"],
        [
            [name, f"{len(seconds)}", *(f"{one:.0f}" for one in _milliseconds(seconds))]
            for name, seconds in navigations.by_name.items()
        ],
    )


def _print_scrolled(scrolled: list[Scrolled]) -> None:
    report(
        "Scrolled through",
        ["what", "pixels", "frames", "tasks over 50 ms", "longest task", "longest frame"],
        [
            [
                one.what,
                f"{one.pixels:,}",
                f"{one.frames:,}",
                f"{one.long_tasks}",
                f"{one.longest_task_ms:.0f} ms",
                f"{one.longest_frame_ms:.0f} ms",
            ]
            for one in scrolled
        ],
    )


def _print_told(told: list[Told]) -> None:
    report(
        "A workspace with a crowd of agents",
        ["asked", "answer", "seconds", "bytes", "others waited", "and were refused"],
        [
            [
                one.name,
                one.answer,
                f"{one.seconds:.2f}",
                f"{one.size:,}",
                f"{one.others_ms:.0f} ms",
                f"{one.others_refused}",
            ]
            for one in told
        ],
    )


def _conclude(
    navigations: Navigations, scrolled: list[Scrolled], told: list[Told], **sizes: int
) -> None:
    ours, floor = (navigations.by_name[name] for name in (OURS, FLOOR))
    p50, p95, longest = _milliseconds(ours)
    conclude(
        "console",
        # At least 1: drawn within a second.
        ratio=round(LIMIT_SECONDS * 1000 / p95, 2),
        p50_ms=round(p50),
        p95_ms=round(p95),
        longest_ms=round(longest),
        floor_p95_ms=round(percentile(floor, 95) * 1000),
        long_tasks=sum(one.long_tasks for one in scrolled),
        longest_task_ms=round(max(one.longest_task_ms for one in scrolled)),
        crowd_seconds={one.name: round(one.seconds, 2) for one in told},
        others_waited_ms=round(max(one.others_ms for one in told)),
        others_refused=sum(one.others_refused for one in told),
        **sizes,
    )


def _milliseconds(seconds: list[float]) -> list[float]:
    return [percentile(seconds, percent) * 1000 for percent in (50, 95, 100)]
