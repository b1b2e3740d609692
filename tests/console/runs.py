"""Runs of agents whose names try what they can."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx

HTML = "<img src=x onerror=alert(1)><b>bold</b>"
RIGHT_TO_LEFT = "\u05e1\u05d5\u05db\u05df"
AGENTS = {
    "support": "Support",
    "research": "Research",
    "html": HTML,
    "hebrew": RIGHT_TO_LEFT,
    "plain": "",
}
MODELS = ("gpt-5", "claude-opus", "<script>alert(2)</script>")
MANY = 240
PERIOD = timedelta(days=6)


async def recorded(
    http: httpx.AsyncClient, workspace: str, start: datetime
) -> list[dict[str, Any]]:
    return await _recorded(http, workspace, _runs(start))


async def recorded_before(
    http: httpx.AsyncClient, workspace: str, start: datetime
) -> list[dict[str, Any]]:
    """Of the period that ends there: fewer runs of the same agents than after it, that took twice
    as long and cost twice as much."""
    runs = _runs(start - PERIOD, seed=9)[: MANY * 2 // 3]
    return await _recorded(http, workspace, [_doubled(run) for run in runs])


def _doubled(run: dict[str, Any]) -> dict[str, Any]:
    start, end = (datetime.fromisoformat(run[name]) for name in ("startTime", "endTime"))
    return run | {
        "executionId": f"before-{run['executionId']}",
        "endTime": (end + (end - start)).isoformat(),
        "costUsd": f"{2 * Decimal(run['costUsd']):f}",
    }


async def _recorded(
    http: httpx.AsyncClient, workspace: str, runs: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    answer = await http.post(
        f"/v1/workspaces/{workspace}/executions:batch", json={"executions": runs}
    )
    answer.raise_for_status()
    assert answer.json()["counts"]["stored"] == len(runs), answer.text
    return runs


def _runs(start: datetime, seed: int = 8) -> list[dict[str, Any]]:
    random = Random(seed)
    return [_run(random, start, number) for number in range(MANY)]


def _run(random: Random, start: datetime, number: int) -> dict[str, Any]:
    agent = random.choices(list(AGENTS), weights=(8, 5, 3, 2, 1))[0]
    began = start + timedelta(minutes=random.randrange(PERIOD // timedelta(minutes=1)))
    run: dict[str, Any] = {
        "executionId": f"run-{number}",
        "agentId": agent,
        "agentName": AGENTS[agent],
        "userId": f"user-{random.randrange(12)}",
        "model": random.choice(MODELS),
        "status": "EXECUTION_STATUS_SUCCEEDED",
        "startTime": began.isoformat(),
        "endTime": (began + timedelta(milliseconds=random.lognormvariate(8, 1))).isoformat(),
        "inputTokens": random.randrange(200, 4000),
        "outputTokens": random.randrange(10, 900),
        "costUsd": f"{random.randrange(1, 90_000) / 1_000_000:.6f}",
    }
    if random.random() < 0.12:
        failed = {"errorType": "ERROR_TYPE_RATE_LIMIT", "errorMessage": f"{HTML} request {number}"}
        run |= {"status": "EXECUTION_STATUS_FAILED"} | failed
    return run
