"""Who sends to which target, and when: of all workspaces, without seeing what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from services.runtime.pool import Pool
from services.warehouse.database import Session, driver_errors_as_faults, rows_affected
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
CHANNEL = "shadower_notifications"
Busy: TypeAlias = Mapping[str, int]
"""How many lanes of each workspace somebody has."""


@dataclass(frozen=True)
class Lane:
    """A target that somebody may send to until the lease ends."""

    workspace_id: str
    target_id: str
    holder: UUID


@dataclass(frozen=True)
class Standing:
    """How a receiver has been lately."""

    failures: int
    paced_at: datetime


@dataclass(frozen=True)
class Leaving:
    """How a lane is left."""

    standing: Standing
    pause: timedelta
    """The receiver is left alone for so long."""
    wait: timedelta
    """Its limit leaves no room for so long."""


class Lanes:
    """Its pool's role may see which lanes are due, and nothing else."""

    def __init__(self, pool: Pool, lease: timedelta, of_workspace: int) -> None:
        """The last is how many lanes of a workspace one process has at once."""
        self._pool = pool
        self._lease = lease
        self._of_workspace = of_workspace

    async def claim(self, limit: int, holder: UUID, busy: Busy) -> list[Lane]:
        lanes = (list(busy.keys()), list(busy.values()), self._of_workspace)
        with driver_errors_as_faults():
            rows = await self._pool.fetch(QUERIES["claim"], limit, self._lease, holder, *lanes)
        return [Lane(row["workspace_id"], row["target_id"], holder) for row in rows]

    async def seconds_to_next(self, busy: Busy) -> float | None:
        """None if there is nothing to be sent, but for workspaces that have all they may."""
        full = [name for name, number in busy.items() if number >= self._of_workspace]
        with driver_errors_as_faults():
            seconds: float | None = await self._pool.fetchval(QUERIES["next"], full)
        return seconds

    async def prune(self, kept: timedelta, limit: int) -> int:
        """Deletes deliveries that ended so long ago, with their attempts. How many."""
        with driver_errors_as_faults():
            return rows_affected(await self._pool.execute(QUERIES["prune"], kept, limit))


async def wake(session: Session, target_ids: Sequence[str]) -> None:
    """Something is to be sent to them."""
    await session.connection.execute(QUERIES["wake"], session.workspace_id, list(target_ids))


async def forgive(session: Session, target_id: str) -> None:
    await session.connection.execute(QUERIES["forgive"], session.workspace_id, target_id)
    await wake(session, [target_id])


async def hold(session: Session, lane: Lane, lease: timedelta) -> Standing | None:
    """None if another one has it, or nobody."""
    row = await session.connection.fetchrow(
        QUERIES["hold"], lane.workspace_id, lane.target_id, lane.holder, lease
    )
    return None if row is None else Standing(row["failures"], row["paced_at"])


async def release(session: Session, lane: Lane, leaving: Leaving) -> None:
    """For who still has it."""
    place = (lane.workspace_id, lane.target_id, lane.holder)
    left = leaving.standing
    await session.connection.execute(QUERIES["lock"], *place)
    await session.connection.execute(
        QUERIES["release"], *place, left.failures, leaving.pause, left.paced_at, leaving.wait
    )
