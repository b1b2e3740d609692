"""The log of changes as the cache follows it."""

from services.runtime.cache.change_log import Change, News
from services.warehouse.database import Database
from services.warehouse.facts.changes import QUERIES


class Revisions:
    """A ChangeLog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, workspace_id: str, revision: int) -> News:
        async with self._database.reading(workspace_id) as session:
            rows = await session.connection.fetch(QUERIES["changes_since"], workspace_id, revision)
            latest = rows[-1]["revision"] if rows else session.revision
        changes = [
            Change(row["revision"], span.lower.timestamp(), span.upper.timestamp())
            for row in rows
            for span in row["touched"]
        ]
        return News(latest, changes, complete=len(rows) == latest - revision)
