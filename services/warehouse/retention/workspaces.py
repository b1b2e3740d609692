"""All workspaces of which there is anything, also those that were erased."""

from collections.abc import AsyncIterator
from datetime import datetime

from services.runtime.pool import Pool
from services.warehouse.database import driver_errors_as_faults
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
PAGE = 500


class EveryWorkspace:
    """By the role that may see their ids."""

    def __init__(self, pool: Pool, page: int = PAGE) -> None:
        self._pool = pool
        self._page = page

    async def latest_horizon(self) -> datetime | None:
        """Before it, some workspace may have no facts any more."""
        with driver_errors_as_faults():
            found: datetime | None = await self._pool.fetchval(QUERIES["latest_horizon"])
        return found

    async def pages(self, after: str = "") -> AsyncIterator[list[str]]:
        """In the order of their ids."""
        last = after
        while True:
            with driver_errors_as_faults():
                rows = await self._pool.fetch(QUERIES["list"], last, self._page)
            if not rows:
                return
            yield [row["workspace_id"] for row in rows]
            last = rows[-1]["workspace_id"]
