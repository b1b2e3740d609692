"""What the API and the page do with a workspace in which very many agents ran."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from bench.console.browser import new_tab
from bench.console.histories import BUSY, SHOWN
from bench.console.navigating import Page
from bench.stack import Stack

SECONDS = 60
AGENT = "agent-3"
ORDERS = ("EXECUTIONS", "COST", "LAST_START_TIME", "P95_DURATION", "DISTINCT_USERS")
PAUSE_SECONDS = 0.1
# One of each service.
OF_OTHERS = ("summary", "agents?pageSize=1", "metrics?metrics=executions")
MOST_AGENTS, MOST_POINTS = 500, 10_000
# What each page shows when it is there, whatever it says.
PAGES = {
    "overview": (".figure shadower-chart canvas, main .failure", ""),
    "agents": (".board .body [role=row], main .failure", ""),
    "explorer": ("[aria-label=Values] table, main .failure", "?group=agent&bucket=day"),
}
TRANSFERRED = """
performance.getEntriesByType("resource").filter((one) => one.name.includes("/shadower."))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)
"""


@dataclass(frozen=True)
class Told:
    """A question, what came of it, and what became meanwhile of somebody who asks the same services
    about another workspace: how long it took at most, and how often nobody answered."""

    name: str
    answer: str
    seconds: float
    size: int
    others_ms: float
    others_refused: int


@dataclass
class Other:
    """Somebody who asks about another workspace, now and then."""

    http: httpx.AsyncClient
    paths: list[str]
    longest: float = 0
    refused: int = 0

    async def ask(self) -> None:
        while True:
            for path in self.paths:
                started = time.perf_counter()
                answer = await self.http.get(path)
                self.longest = max(self.longest, time.perf_counter() - started)
                self.refused += not answer.is_success
            await asyncio.sleep(PAUSE_SECONDS)


@dataclass(frozen=True)
class Asking:
    """Asks one question after the other, while somebody else asks, too."""

    stack: Stack
    interval: dict[str, str]

    async def told(self, name: str, do: Callable[[], Awaitable[tuple[str, int]]]) -> Told:
        async with self._beside() as other:
            started = time.perf_counter()
            answer, size = await do()
            seconds = time.perf_counter() - started
        return Told(name, answer, seconds, size, other.longest * 1000, other.refused)

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[Other]:
        base = f"/v1/workspaces/{BUSY}"
        async with client(self.stack, BUSY) as http:
            other = Other(http, [f"{base}/{path}" for path in OF_OTHERS])
            task = asyncio.create_task(other.ask())
            try:
                yield other
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


def client(stack: Stack, workspace: str) -> httpx.AsyncClient:
    bearer = {"authorization": f"Bearer {stack.token(workspace)}"}
    return httpx.AsyncClient(base_url=stack.edge, headers=bearer, timeout=SECONDS, trust_env=False)


async def told_of_crowd(page: Page, stack: Stack, end: datetime) -> list[Told]:
    asking = Asking(stack, _interval(end))
    async with client(stack, page.workspace) as http:
        questions = {
            name: partial(_answer, http, path, asking.interval | params)
            for name, (path, params) in _questions(page.workspace).items()
        }
        questions["agents, page 2"] = partial(_second_page, http, page.workspace, asking.interval)
        questions |= {f"the page {name}": partial(_drawn, page, name) for name in PAGES}
        return [await asking.told(name, do) for name, do in questions.items()]


def _interval(end: datetime) -> dict[str, str]:
    ends = {"startTime": end - SHOWN, "endTime": end}
    return {f"interval.{name}": time.isoformat() for name, time in ends.items()}


def _questions(workspace: str) -> dict[str, tuple[str, dict[str, str]]]:
    base = f"/v1/workspaces/{workspace}"
    by_agent = {"metrics": "executions", "groupBy": "DIMENSION_AGENT", "pageSize": f"{MOST_POINTS}"}
    daily = {"granularity": "GRANULARITY_DAY"}
    return {
        "summary": (f"{base}/summary", {}),
        **{f"agents by {order}": (f"{base}/agents", _ordered(order)) for order in ORDERS},
        "an agent": (f"{base}/agents/{AGENT}/performance", {}),
        "metrics by agent": (f"{base}/metrics", by_agent),
        "metrics by agent and day": (f"{base}/metrics", by_agent | daily),
    }


def _ordered(order: str) -> dict[str, str]:
    return {"orderBy": f"AGENT_ORDER_{order}", "pageSize": f"{MOST_AGENTS}"}


async def _answer(http: httpx.AsyncClient, path: str, params: dict[str, str]) -> tuple[str, int]:
    answer = await http.get(path, params=params)
    return _said(answer), len(answer.content)


async def _second_page(
    http: httpx.AsyncClient, workspace: str, interval: dict[str, str]
) -> tuple[str, int]:
    path, params = f"/v1/workspaces/{workspace}/agents", interval | _ordered(ORDERS[0])
    first = await http.get(path, params=params)
    return await _answer(http, path, params | {"pageToken": first.json()["nextPageToken"]})


def _said(answer: httpx.Response) -> str:
    if answer.is_success:
        return "more follows" if answer.json().get("nextPageToken") else "whole"
    details = answer.json().get("details", [])
    return next((one["reason"] for one in details if "reason" in one), str(answer.status_code))


async def _drawn(page: Page, name: str) -> tuple[str, int]:
    """And how many bytes of answers came."""
    shown, query = PAGES[name]
    async with new_tab(page.browser, page.token) as tab:
        await tab.goto(page.url(name, query))
        await tab.locator(shown).first.wait_for()
        failures = await tab.locator("main .failure h3").all_inner_texts()
        lengths: Any = await tab.evaluate(TRANSFERRED)
    return ", ".join(failures) or "drawn", int(lengths)
