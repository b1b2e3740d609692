"""Histories of workspaces, made in the database: a hundred times as fast as through the API.

The same facts come out for the same seed, and the books are kept: keys, changes and ledger are as
if all had come in.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.runtime.pool import SCHEMA
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
KINDS = {
    "executions": "execution",
    "metric_points": "metric_point",
    "events": "event",
    "spans": "span",
}
# So many facts become one transaction.
PORTION = 500_000
SESSION = {
    "search_path": SCHEMA,
    "timezone": "UTC",
    # What a crash loses of it is made again.
    "synchronous_commit": "off",
    "jit": "off",
    "work_mem": "256MB",
}


@dataclass(frozen=True)
class History:
    """How many facts of each table the workspaces share. They spread evenly over the time."""

    workspaces: tuple[str, ...]
    start: datetime
    end: datetime
    facts: Mapping[str, int]
    seed: int = 1
    crowd: int = 0
    """How many agents there are besides the usual fifty; they take turns at every second run."""


async def make_history(database_url: str, history: History) -> None:
    """Only a superuser may: no policy narrows what it writes. The workspaces must be new."""
    span = (history.start, history.end)
    async with _connected(database_url) as database:
        await database.execute(QUERIES["months"], *span)
        for workspace in history.workspaces:
            await database.execute(QUERIES["workspace"], workspace, *span)
        for table in history.facts:
            await _make(database, history, table)
        await _settle(database, history)


async def _make(database: Any, history: History, table: str) -> None:
    count = history.facts[table]
    accounts = QUERIES["accounts"].format(kind=KINDS[table])
    facts = QUERIES[table].format(crowd=max(history.crowd, 0))
    statement = f"{facts}\n{accounts}"
    given = (list(history.workspaces), history.start, history.end, count)
    for first, last in _portions(count):
        await database.execute(statement, *given, first, last, history.seed)


async def _settle(database: Any, history: History) -> None:
    """What autovacuum would do at a time of its own."""
    for table in (*history.facts, "execution_keys", "ledger"):
        await database.execute(f"vacuum (analyze) {table}")


def _portions(count: int) -> Iterator[tuple[int, int]]:
    for first in range(1, count + 1, PORTION):
        yield first, min(first + PORTION - 1, count)


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator[Any]:
    # What a crash loses of it is made again.
    settings = {
        "search_path": SCHEMA,
        "timezone": "UTC",
        "synchronous_commit": "off",
        "jit": "off",
        "work_mem": "256MB",
    }
    database: Any = await asyncpg.connect(database_url, server_settings=settings)
    try:
        await database.execute(QUERIES["dice"])
        await database.execute(QUERIES["place"])
        yield database
    finally:
        await database.close()
