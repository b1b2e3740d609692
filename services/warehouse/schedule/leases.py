"""Who does what is done at times: one holder of a lease, which others take when it has expired."""

from dataclasses import dataclass
from datetime import timedelta

from services.warehouse.database import Database, Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


class FencedError(Exception):
    """Somebody else holds the lease by now, or nobody does."""


@dataclass(frozen=True)
class Lease:
    """For one holder, of a name that nobody else has."""

    database: Database
    workspace_id: str
    name: str
    holder: str
    life: timedelta

    async def take(self) -> int | None:
        """Takes or keeps it for its life. The fence; None if somebody else has it."""
        async with self.database.writing(self.workspace_id) as session:
            fence: int | None = await session.connection.fetchval(
                QUERIES["take"], self.workspace_id, self.name, self.holder, self.life
            )
        return fence

    async def release(self) -> None:
        """Lets others take it at once."""
        async with self.database.writing(self.workspace_id) as session:
            await session.connection.execute(
                QUERIES["release"], self.workspace_id, self.name, self.holder
            )

    async def hold(self, session: Session, fence: int) -> None:
        """Until the session's transaction has ended. Raises FencedError."""
        held = await session.connection.fetchval(
            QUERIES["hold"], self.workspace_id, self.name, fence
        )
        if not held:
            raise FencedError(f"the lease {self.name!r} is not held by fence {fence}")
