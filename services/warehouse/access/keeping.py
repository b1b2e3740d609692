"""What is done with keys of all workspaces: to find one by its id, and to note that it was used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.runtime.faults import Unavailable
from services.runtime.pool import Pool
from services.warehouse.access import api_keys, revocations

FIND_SECONDS = 5
WORK_SECONDS = 30


@dataclass(frozen=True)
class FoundKey:
    """A key that is there, with one of its secrets."""

    workspace_id: str
    api_key_id: str
    permissions: tuple[str, ...]
    expires_at: datetime | None
    hash: bytes
    good_until: datetime | None


class Keeper:
    """Works in a role of its own: a session in the usual one is bound to a workspace."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, api_key_id: str) -> list[FoundKey]:
        """The key once for each secret; nothing if there is no such key. Raises Unavailable."""
        query = api_keys.QUERIES["find"]
        try:
            rows = await self._pool.fetch(query, api_key_id, timeout=FIND_SECONDS)
        except revocations.BROKEN as broken:
            raise Unavailable("DATABASE_UNAVAILABLE", "keys cannot be looked for") from broken
        return [FoundKey(**dict(row) | {"permissions": tuple(row["permissions"])}) for row in rows]

    async def note_uses(self, uses: Mapping[tuple[str, str], datetime]) -> None:
        """When keys, by workspace and id, were last used. Raises Unavailable."""
        workspaces, ids = zip(*uses, strict=True)
        values = (list(workspaces), list(ids), list(uses.values()))
        await self._execute(api_keys.QUERIES["note_uses"], *values)

    async def forget_expired(self) -> None:
        """Raises Unavailable."""
        await self._execute(revocations.QUERIES["forget"])
        await self._execute(api_keys.QUERIES["forget"])

    async def _execute(self, query: str, *values: object) -> None:
        try:
            await self._pool.execute(query, *values, timeout=WORK_SECONDS)
        except revocations.BROKEN as broken:
            raise Unavailable("DATABASE_UNAVAILABLE", "keys cannot be kept") from broken
