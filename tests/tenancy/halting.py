"""Queries that come to a halt in the database, so that a caller surely goes away in the middle."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg

from tests.support.keys import KeyRing
from tests.tenancy.asking import Asker
from tests.tenancy.load import Try, answered, asked_by, left

PATIENCE = 10
ENDING = 0.2
LOCK = "lock table shadower.executions, shadower.metric_points in access exclusive mode"
WAITING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query not like 'lock table%'
"""


class Halt(NamedTuple):
    """Calls that were left while their queries waited."""

    left: int
    waiting: int
    waiting_on: int


@asynccontextmanager
async def halted(url: str) -> AsyncIterator[Any]:
    """Whoever reads facts waits. Yields who knows how many do."""
    watching = await asyncpg.connect(url)
    locking = await asyncpg.connect(url)
    try:
        async with locking.transaction():
            await locking.execute(LOCK)
            yield watching
    finally:
        await asyncio.gather(watching.close(), locking.close())


async def leave_in_the_middle(url: str, asker: Asker, keys: KeyRing, tries: Sequence[Try]) -> Halt:
    """How many calls were left, how many queries were waiting then, and how many still do: what is
    calculated to be remembered belongs to nobody who waits for it."""
    async with halted(url) as watching, asyncio.timeout(PATIENCE):
        asked = [asked_by(tried, keys) for tried in tries]
        calls = [asyncio.ensure_future(answered(asker, one)) for one in asked]
        waiting = await _most_that_wait(watching)
        gone = sum(await asyncio.gather(*map(left, calls)))
        await asyncio.sleep(ENDING)
        return Halt(gone, waiting, await watching.fetchval(WAITING))


async def _most_that_wait(watching: Any) -> int:
    """The most that wait at a time: no process has more than two connections."""
    most = 0
    for _ in range(20):
        await asyncio.sleep(0.02)
        most = max(most, int(await watching.fetchval(WAITING)))
    return most
