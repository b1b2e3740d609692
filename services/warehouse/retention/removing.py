"""Removes rows that are old enough, a few in a transaction: whatever ends it, the next goes on."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg

from services.runtime.faults import DeadlineExceeded
from services.warehouse.database import Database
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
BATCH = 5_000
"""Rows of a transaction: some tenths of a second."""


@dataclass
class Work:
    """What was removed so far, and until when there is time for more."""

    ends_at: float
    rows: Counter[str] = field(default_factory=Counter)
    partitions: list[str] = field(default_factory=list)
    remaining: bool = False

    @classmethod
    def of(cls, seconds: float) -> "Work":
        return cls(time.monotonic() + seconds)

    @property
    def has_time(self) -> bool:
        """Once it has not, there is more to do."""
        has_time = time.monotonic() < self.ends_at
        self.remaining |= not has_time
        return has_time


class Remover:
    """Removes by named statements, each of which takes a workspace, its own values and how many."""

    def __init__(self, database: Database, batch: int = BATCH) -> None:
        self._database = database
        self._batch = batch

    async def remove(self, work: Work, workspace_id: str, table: str, *values: object) -> bool:
        """Whether all is removed that there was."""
        while work.has_time:
            async with self._database.writing(workspace_id) as session:
                removed: int = await session.connection.fetchval(
                    QUERIES[table], workspace_id, *values, self._batch
                )
            if removed:
                work.rows[table] += removed
            if removed < self._batch:
                return True
        return False


@contextmanager
def busy_as_remaining(work: Work) -> Iterator[None]:
    """Whoever cannot have a lock soon, or has it too long, lets others go on, and comes again."""
    try:
        yield
    except (asyncpg.LockNotAvailableError, DeadlineExceeded):
        work.remaining = True
