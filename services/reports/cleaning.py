"""Deletes what is over: reports that have expired, and objects that belong to none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from services.reports.storing import PREFIX, folder_of, owner_of
from services.runtime.objects import Objects, Stored
from services.warehouse.database import Database
from services.warehouse.reports.everywhere import ReportsEverywhere
from services.warehouse.reports.links import delete_expired_links
from services.warehouse.reports.reports import delete_report, keys_of

PORTION = 100
MOST_LINKS = 1_000
MOST_TIME = timedelta(seconds=20)
YOUNG = timedelta(days=1)
"""What was written so long ago at least belongs to a report, or to none."""


@dataclass
class Cleaned:
    """What was deleted."""

    reports: int = 0
    links: int = 0
    objects: int = 0


@dataclass(frozen=True)
class Cleaner:
    """Of a workspace, or of all if none is named."""

    database: Database
    everywhere: ReportsEverywhere
    objects: Objects
    young: timedelta = YOUNG

    async def clean(self, workspace_id: str | None, most: int) -> Cleaned:
        """A report is forgotten before its objects are deleted: what is left then, is an orphan."""
        cleaned, ends_at = Cleaned(), monotonic() + MOST_TIME.total_seconds()
        while cleaned.reports < most and monotonic() < ends_at:
            limit = min(PORTION, most - cleaned.reports)
            expired = await self.everywhere.expired(workspace_id, limit)
            for one in expired:
                await self._delete(*one, cleaned)
            if not expired:
                break
        await self._clean_links(workspace_id, cleaned)
        await self._clean_orphans(workspace_id, cleaned, ends_at)
        return cleaned

    async def count(self, workspace_id: str | None) -> int:
        return await self.everywhere.count_expired(workspace_id)

    async def _delete(self, workspace_id: str, report_id: str, cleaned: Cleaned) -> None:
        async with self.database.writing(workspace_id) as session:
            keys = await delete_report(session, report_id)
        await self.objects.delete(keys)
        cleaned.reports += 1
        cleaned.objects += len(keys)

    async def _clean_links(self, workspace_id: str | None, cleaned: Cleaned) -> None:
        for one in await self.everywhere.with_expired_links(workspace_id, MOST_LINKS):
            async with self.database.writing(one) as session:
                cleaned.links += await delete_expired_links(session, MOST_LINKS)

    async def _clean_orphans(
        self, workspace_id: str | None, cleaned: Cleaned, ends_at: float
    ) -> None:
        prefix = PREFIX if workspace_id is None else folder_of(workspace_id)
        async for page in self.objects.list(prefix):
            orphans = await self._orphans(page)
            await self.objects.delete(orphans)
            cleaned.objects += len(orphans)
            if monotonic() > ends_at:
                break

    async def _orphans(self, page: Sequence[Stored]) -> list[str]:
        old = datetime.now(UTC) - self.young
        by_workspace = defaultdict[str, dict[str, str]](dict)
        for one in page:
            owner = owner_of(one.key)
            if owner and one.written_at < old:
                by_workspace[owner[0]][one.key] = owner[1]
        found = list[str]()
        for workspace_id, owners in by_workspace.items():
            async with self.database.reading(workspace_id) as session:
                known = await keys_of(session, list(set(owners.values())))
            found += owners.keys() - known
        return found
