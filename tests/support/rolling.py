"""Rolls workspaces up as the services do, but makes cells of however few runs."""

from collections.abc import AsyncIterator, Sequence
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
HOUR = timedelta(hours=1)


@asynccontextmanager
async def rolling_database(url: str) -> AsyncIterator[Database]:
    async with open_pool(settings_of(url), prepare=create_staging) as pool:
        yield Database(pool)


async def roll(database: Database, workspace: str, asked: Interval | None = None) -> list[Progress]:
    return [one async for one in Roller(database, ANY_NUMBER).roll(workspace, asked)]


async def verify(database: Database, workspace: str, *, repair: bool = False) -> list[Verified]:
    return [one async for one in Verifier(database).verify(workspace, None, repair=repair)]


async def record_around_rolling(
    database: Database, client: Client, rows: list[Row], early: int, points: Sequence[Row] = ()
) -> None:
    """Some are rolled up when the others come: late, for hours that have cells already. Of points,
    every third is late."""
    some = [row for number, row in enumerate(rows) if number % 3 < early]
    others = [row for number, row in enumerate(rows) if number % 3 >= early]
    await _record(client, some, [point for number, point in enumerate(points) if number % 3])
    if some:
        # Once, since what was taken out piece by piece is rolled up piece by piece again.
        await roll(database, client.workspace, _around(some))
    await _record(client, others, points[::3])


async def _record(client: Client, rows: Sequence[Row], points: Sequence[Row]) -> None:
    assert (await client.record(rows))["stored"] == len(rows)
    assert (await client.record_points(points))["stored"] == len(points)


def _around(rows: Sequence[Row]) -> Interval:
    times = [row["start_time"] for row in rows]
    return Interval(min(times), max(times) + HOUR)
