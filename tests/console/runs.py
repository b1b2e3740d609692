"""Runs of agents whose names try what they can."""

from datetime import datetime, timedelta
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


async def recorded(
    http: httpx.AsyncClient, workspace: str, start: datetime
) -> list[dict[str, Any]]:
    runs = list(_runs(start))
    answer = await http.post(
        f"/v1/workspaces/{workspace}/executions:batch", json={"executions": runs}
    )
    answer.raise_for_status()
    assert answer.json()["counts"]["stored"] == len(runs), answer.text
    return runs


def _runs(start: datetime) -> list[dict[str, Any]]:
    random = Random(8)
    return [_run(random, start, number) for number in range(MANY)]


def _run(random: Random, start: datetime, number: int) -> dict[str, Any]:
    agent = random.choices(list(AGENTS), weights=(8, 5, 3, 2, 1))[0]
    began = start + timedelta(minutes=random.randrange(6 * 24 * 60))
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
