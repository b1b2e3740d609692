"""What the overview says of the period before, against the runs themselves."""

import re
from collections.abc import Callable
from datetime import datetime
from statistics import quantiles
from typing import Any

from playwright.async_api import expect

from tests.console.conftest import COMPARED
from tests.support.console import Visitor

Runs = list[dict[str, Any]]
WORDS = {1: "more than the period before", -1: "less than the period before"}
ARROWS = {1: "▲", -1: "▼"}
# Two percentiles, each of which may be wrong by one of a hundred.
TOLERANCE = 0.025


def good(runs: Runs) -> float:
    return sum(run["status"] == "EXECUTION_STATUS_SUCCEEDED" for run in runs) / len(runs)


def total(*fields: str) -> Callable[[Runs], float]:
    return lambda runs: sum(float(run[field]) for run in runs for field in fields)


def different(field: str) -> Callable[[Runs], float]:
    return lambda runs: len({run[field] for run in runs})


def latency(percent: int) -> Callable[[Runs], float]:
    return lambda runs: quantiles(map(_seconds, runs), n=100, method="inclusive")[percent - 1]


def _seconds(run: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(run[name]) for name in ("startTime", "endTime"))
    return (end - start).total_seconds()


EXACT: dict[str, Callable[[Runs], float]] = {
    "Executions": len,
    "Success rate": good,
    "Cost": total("costUsd"),
    "Tokens": total("inputTokens", "outputTokens"),
    "Active users": different("userId"),
    "Active agents": different("agentId"),
}
WITHIN = {f"Latency p{percent}": latency(percent) for percent in (50, 95, 99)}
# Where more is better, where it is worse; the others are neither.
BETTER, WORSE = ("Executions", "Success rate"), ("Latency p95", "Cost")


def share(oracle: Callable[[Runs], float], periods: tuple[Runs, Runs]) -> float:
    now, then = map(oracle, periods)
    return (now - then) / then


def said(change: float) -> str:
    if change == 0:
        return "= 0.0 % as the period before"
    sign = 1 if change > 0 else -1
    return f"{ARROWS[sign]} {abs(change) * 100:.1f} % {WORDS[sign]}"


async def test_the_overview_compares_with_the_period_before(
    visitor: Visitor, periods: tuple[Runs, Runs], span: dict[str, str]
) -> None:
    await visitor.enter(COMPARED, **span)
    await visitor.page.locator(".tile .change").nth(8).wait_for()
    await expect(visitor.page.get_by_text("not comparable")).to_have_count(0)
    for label, oracle in EXACT.items():
        assert await visitor.change(label) == said(share(oracle, periods)), label
    for label, oracle in WITHIN.items():
        await _is_near(visitor, label, share(oracle, periods))
    changes = {share(oracle, periods) for oracle in EXACT.values()}
    assert min(changes) < 0 == share(different("agentId"), periods) < max(changes)


async def _is_near(visitor: Visitor, label: str, change: float) -> None:
    told = await visitor.change(label)
    arrow, percent = re.fullmatch(r"(.) ([\d.]+) % .*", told).groups()  # type: ignore[union-attr]
    assert arrow == ARROWS[1 if change > 0 else -1]
    assert abs(float(percent) / 100 - abs(change)) < TOLERANCE * (1 + abs(change))


async def test_what_is_better_is_told_from_what_is_worse(
    visitor: Visitor, periods: tuple[Runs, Runs], span: dict[str, str]
) -> None:
    await visitor.enter(COMPARED, **span)
    for label in (*BETTER, *WORSE):
        change = share({**EXACT, **WITHIN}[label], periods)
        is_better = (change > 0) == (label in BETTER)
        tile = visitor.page.locator(".tile", has=visitor.page.get_by_text(label, exact=True))
        await expect(tile.locator(".change")).to_have_class(
            f"change {'better' if is_better else 'worse'}"
        )
    # More tokens are neither.
    tokens = visitor.page.locator(".tile", has=visitor.page.get_by_text("Tokens", exact=True))
    await expect(tokens.locator(".change")).to_have_class(re.compile(r"^change ?$"))
