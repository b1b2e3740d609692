"""Waits until demo traffic is told of at the edge, and says how much; fails after two minutes."""

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

EDGE = "http://127.0.0.1:8080"
SECONDS = 120


def main() -> None:
    headers = {"authorization": f"Bearer {os.environ['TOKEN']}"}
    with httpx.Client(base_url=EDGE, headers=headers, trust_env=False) as edge:
        for _ in range(SECONDS):
            executions = _executions(edge)
            if executions > 0:
                break
            time.sleep(1)
        else:
            sys.exit("no demo traffic was recorded")
        print(f"executions of demo: {executions}")  # noqa: T201 - for people
        print(f"GraphQL says: {_by_graphql(edge)}")  # noqa: T201


def _executions(edge: httpx.Client) -> int:
    now = datetime.now(UTC)
    asked = {
        "metrics": "executions",
        "interval.startTime": (now - timedelta(days=14)).isoformat(),
        "interval.endTime": now.isoformat(),
    }
    answer = edge.get("/v1/workspaces/demo/metrics", params=asked)
    answer.raise_for_status()
    points = [point for series in answer.json()["timeSeries"] for point in series["points"]]
    return sum(int(point["value"]["integer"]) for point in points)


def _by_graphql(edge: httpx.Client) -> Any:
    """By the process of browsers, which asks the others by the mesh."""
    query = '{ agents(workspaceId: "demo", pageSize: 3) { agents { agentId } } }'
    answer = edge.post("/graphql", json={"query": query})
    answer.raise_for_status()
    return answer.json()


if __name__ == "__main__":
    main()
