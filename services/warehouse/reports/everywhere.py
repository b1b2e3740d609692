"""What is to be done about reports everywhere, for a role that sees that and nothing else."""

from collections.abc import Iterable
from datetime import timedelta

from services.runtime.pool import Pool
from services.warehouse.database import driver_errors_as_faults
from services.warehouse.reports.links import QUERIES as LINKS
from services.warehouse.reports.reports import QUERIES, Claim

MOST_TURNS = 1_000
"""Of so many workspaces it is known when they had their turn."""


class ReportsEverywhere:
    """Of a workspace, or of all if none is named."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        # The last that had a turn, the latest at the end.
        self._had_turns = dict[str, None]()

    async def claim(self, workspace_id: str | None, limit: int, lease: timedelta) -> list[Claim]:
        """Some that wait to be made, and that nobody else claims for so long. Workspaces take
        turns, so that none keeps the others waiting, however many it has."""
        last = list(self._had_turns)
        with driver_errors_as_faults():
            rows = await self._pool.fetch(QUERIES["claim"], workspace_id, limit, lease, last)
        self._note_turns(row["workspace_id"] for row in rows)
        return [Claim(row["workspace_id"], row["report_id"], row["claim"]) for row in rows]

    def _note_turns(self, workspace_ids: Iterable[str]) -> None:
        for workspace_id in workspace_ids:
            self._had_turns.pop(workspace_id, None)
            self._had_turns[workspace_id] = None
        while len(self._had_turns) > MOST_TURNS:
            del self._had_turns[next(iter(self._had_turns))]

    async def count_to_make(self, workspace_id: str | None) -> int:
        with driver_errors_as_faults():
            return int(await self._pool.fetchval(QUERIES["count_to_make"], workspace_id))

    async def expired(self, workspace_id: str | None, limit: int) -> list[tuple[str, str]]:
        """Workspaces and reports."""
        with driver_errors_as_faults():
            rows = await self._pool.fetch(QUERIES["expired"], workspace_id, limit)
        return [(row["workspace_id"], row["report_id"]) for row in rows]

    async def count_expired(self, workspace_id: str | None) -> int:
        with driver_errors_as_faults():
            return int(await self._pool.fetchval(QUERIES["count_expired"], workspace_id))

    async def with_expired_links(self, workspace_id: str | None, limit: int) -> list[str]:
        """Workspaces."""
        with driver_errors_as_faults():
            rows = await self._pool.fetch(LINKS["with_expired"], workspace_id, limit)
        return [row["workspace_id"] for row in rows]
