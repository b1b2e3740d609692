"""Holds a report that is made, so that nobody else makes it meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services.runtime.background import in_background
from services.warehouse.database import Database
from services.warehouse.reports.reports import Claim, go_on

LEASE = timedelta(seconds=60)
"""So long after its process died, another one makes it again."""
RENEWAL_SECONDS = 15.0


class LostError(Exception):
    """Somebody else makes the report, or nobody wants it any more."""


class Held:
    """A report that is ours."""

    def __init__(self, database: Database, claim: Claim) -> None:
        self._database = database
        self._claim = claim
        self._progress = 0

    async def go_on(self, progress: int) -> None:
        """So much of it is made. Raises LostError."""
        self._progress = progress
        async with self._database.writing(self._claim.workspace_id) as session:
            if not await go_on(session, self._claim, progress, LEASE):
                raise LostError(self._claim.report_id)

    async def keep(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await self.go_on(self._progress)


@asynccontextmanager
async def held(database: Database, claim: Claim) -> AsyncIterator[Held]:
    """Raises LostError as soon as that is known."""
    holding = Held(database, claim)
    async with in_background(holding.keep()):
        yield holding
