"""Deletes what is over: reports that have expired, and objects that belong to none."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from services.reports.sweeping import Sweeper
from services.runtime.objects import Objects
from services.warehouse.database import Database
from services.warehouse.reports.everywhere import ReportsEverywhere
from services.warehouse.reports.links import delete_expired_links
from services.warehouse.reports.reports import delete_report

PORTION = 100
MOST_LINKS = 1_000
MOST_TIME = timedelta(seconds=20)
"""For reports, and as much for objects: neither keeps the other waiting."""


@dataclass
class Cleaned:
    """What was deleted."""

    reports: int = 0
    links: int = 0
    objects: int = 0
    workspaces_left: int = 0
    """Those whose objects nobody has looked at in this round."""


class Cleaner:
    """Of a workspace, or of all if none is named."""

    def __init__(
        self,
        database: Database,
        everywhere: ReportsEverywhere,
        objects: Objects,
        most_time: timedelta = MOST_TIME,
    ) -> None:
        self._database = database
        self._everywhere = everywhere
        self._objects = objects
        self._sweeper = Sweeper(database, objects)
        self._most_time = most_time
        self._swept_to = ""

    async def clean(self, workspace_id: str | None, most: int) -> Cleaned:
        """A report is forgotten before its objects are deleted: what is left then, is an orphan."""
        cleaned = Cleaned()
        await self._delete_expired(workspace_id, most, cleaned)
        await self._clean_links(workspace_id, cleaned)
        if workspace_id is None:
            await self._sweep_on(cleaned)
        else:
            cleaned.objects += len(await self._sweeper.sweep(workspace_id))
        return cleaned

    async def count(self, workspace_id: str | None) -> int:
        return await self._everywhere.count_expired(workspace_id)

    async def _delete_expired(self, workspace_id: str | None, most: int, cleaned: Cleaned) -> None:
        ends_at = self._end()
        while cleaned.reports < most:
            limit = min(PORTION, most - cleaned.reports)
            expired = await self._everywhere.expired(workspace_id, limit)
            for one in expired:
                if monotonic() > ends_at:
                    return
                await self._delete(*one, cleaned)
            if not expired:
                return

    async def _delete(self, workspace_id: str, report_id: str, cleaned: Cleaned) -> None:
        async with self._database.writing(workspace_id) as session:
            keys = await delete_report(session, report_id)
        await self._objects.delete(keys)
        cleaned.reports += 1
        cleaned.objects += len(keys)

    async def _clean_links(self, workspace_id: str | None, cleaned: Cleaned) -> None:
        for one in await self._everywhere.with_expired_links(workspace_id, MOST_LINKS):
            async with self._database.writing(one) as session:
                cleaned.links += await delete_expired_links(session, MOST_LINKS)

    async def _sweep_on(self, cleaned: Cleaned) -> None:
        """From where the last call had no more time, one whole workspace at least."""
        workspaces, ends_at = await self._sweeper.workspaces(), self._end()
        left = workspaces[bisect_right(workspaces, self._swept_to) :]
        for number, workspace_id in enumerate(left, 1):
            cleaned.objects += len(await self._sweeper.sweep(workspace_id))
            self._swept_to = workspace_id
            if monotonic() > ends_at:
                cleaned.workspaces_left = len(left) - number
                break
        if not cleaned.workspaces_left:
            self._swept_to = ""

    def _end(self) -> float:
        return monotonic() + self._most_time.total_seconds()
