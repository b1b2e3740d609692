"""Finds what lies in the store and belongs to no report.

A report is there before anything is written for it. So what lies under one that is not there (any
more) is nobody's, however young it is; of one that is there, an attempt may be about to say that it
is its own.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.reports.storing import PREFIX, folder_of, owner_of
from services.runtime.objects import Objects, Stored
from services.warehouse.database import Database
from services.warehouse.reports.reports import keys_of

YOUNG = timedelta(days=1)
"""What was written so long ago at least belongs to its report, or to nobody."""


@dataclass(frozen=True)
class Sweeper:
    """Deletes it."""

    database: Database
    objects: Objects
    young: timedelta = YOUNG

    async def workspaces(self) -> list[str]:
        """Those of which anything lies there, in order."""
        folders = await self.objects.folders(PREFIX)
        return sorted(folder.removeprefix(PREFIX) for folder in folders)

    async def sweep(self, workspace_id: str) -> list[str]:
        """The keys of what it has deleted."""
        deleted = list[str]()
        async for page in self.objects.list(folder_of(workspace_id)):
            orphans = await self._orphans(workspace_id, page)
            await self.objects.delete(orphans)
            deleted += orphans
        return deleted

    async def _orphans(self, workspace_id: str, page: Sequence[Stored]) -> list[str]:
        """Of objects that were there before we ask which reports are."""
        owners = defaultdict[str, list[Stored]](list)
        for one in page:
            if owner := owner_of(one.key):
                owners[owner[1]].append(one)
        async with self.database.reading(workspace_id) as session:
            known = await keys_of(session, list(owners))
        old = datetime.now(UTC) - self.young
        return [
            one.key
            for report_id, stored in owners.items()
            for one in stored
            if report_id not in known or (one.key not in known[report_id] and one.written_at < old)
        ]
