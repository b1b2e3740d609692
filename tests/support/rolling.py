"""Rolls workspaces up as the services do, but makes cells of however few runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services.runtime.pool import open_pool
from services.warehouse.database import Database
from services.warehouse.facts.staging import create_staging
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups.rolling import Progress, Roller
from services.warehouse.rollups.verifying import Verified, Verifier
from tests.support.bus import settings_of
from tests.support.runs import Client, Row

ANY_NUMBER = 0


@asynccontextmanager
async def rolling_database(url: str) -> AsyncIterator[Database]:
    async with open_pool(settings_of(url), prepare=create_staging) as pool:
        yield Database(pool)


async def roll(database: Database, workspace: str, asked: Interval | None = None) -> list[Progress]:
    return [one async for one in Roller(database, ANY_NUMBER).roll(workspace, asked)]


async def verify(database: Database, workspace: str, *, repair: bool = False) -> list[Verified]:
    return [one async for one in Verifier(database).verify(workspace, None, repair=repair)]


async def record_around_rolling(
    database: Database, client: Client, rows: list[Row], early: int
) -> None:
    """Some are rolled up when the others come: late, for hours that have cells already."""
    some = [row for number, row in enumerate(rows) if number % 3 < early]
    others = [row for number, row in enumerate(rows) if number % 3 >= early]
    assert (await client.record(some))["stored"] == len(some)
    if some:
        await roll(database, client.workspace, _around(some))
    assert (await client.record(others))["stored"] == len(others)


def _around(rows: list[Row]) -> Interval:
    times = [row["start_time"] for row in rows]
    return Interval(min(times), max(times) + timedelta(hours=1))
