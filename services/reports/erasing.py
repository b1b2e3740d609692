"""Erases what is kept of a workspace's reports, or of a user's.

Who a report names is not looked for in what lies in the store: all reports that may name users go.
"""

from dataclasses import dataclass

from services.reports.storing import folder_of
from services.reports.sweeping import Sweeper
from services.runtime.objects import Objects
from services.warehouse.database import Database
from services.warehouse.reports.definitions import erase_definitions, take_turn
from services.warehouse.reports.links import count_links_to_erase, forget_maker_of_links
from services.warehouse.reports.reports import erase_reports


@dataclass
class Erased:
    """What was deleted."""

    definitions: int = 0
    reports: int = 0
    links: int = 0
    objects: int = 0
    names: int = 0


@dataclass(frozen=True)
class Eraser:
    """Rows first, so that nobody finds what is not there any more; then what no row is of. So it
    can be repeated, wherever it ended: what was left then, is found by the next time."""

    database: Database
    objects: Objects

    async def erase(self, workspace_id: str, user_id: str) -> Erased:
        """Raises Unavailable if the database or the store is away."""
        async with self.database.writing(workspace_id) as session:
            await take_turn(session)
            links = await count_links_to_erase(session, user_id)
            definitions, changed = await erase_definitions(session, user_id)
            reports, keys, asked = await erase_reports(session, user_id)
            made = await forget_maker_of_links(session, user_id) if user_id else 0
        await self.objects.delete(keys)
        if user_id:
            left = await Sweeper(self.database, self.objects).sweep(workspace_id)
        else:
            left = await self._empty(folder_of(workspace_id))
        return Erased(
            definitions=definitions,
            reports=reports,
            links=links,
            objects=len({*keys, *left}),
            names=changed + asked + made,
        )

    async def _empty(self, folder: str) -> list[str]:
        """Also of what attempts have left that came to nothing."""
        found = [one.key async for page in self.objects.list(folder) for one in page]
        await self.objects.delete(found)
        return found
