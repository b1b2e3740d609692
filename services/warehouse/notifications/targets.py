"""Targets of notifications by workspace: what they say, and their secrets as they are sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.runtime.faults import NotFound, ResourceExhausted
from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
MOST_TARGETS = 200


@dataclass(frozen=True)
class KeptTarget:
    """A target as it lies in its workspace."""

    target_id: str
    definition: Mapping[str, Any]
    sealed: bytes
    previous_until: datetime
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    is_enabled: bool
    is_gone: bool
    failures: int


@dataclass(frozen=True)
class NewTarget:
    """What is asked for."""

    target_id: str
    definition: Mapping[str, Any]
    sealed: bytes
    updated_by: str
    is_enabled: bool

    @property
    def values(self) -> tuple[object, ...]:
        said = (self.target_id, dict(self.definition), self.sealed)
        return (*said, self.updated_by, self.is_enabled)


async def take_turn(session: Session) -> None:
    """Nobody else makes a target in the workspace until the transaction ends."""
    await session.connection.execute(QUERIES["turn"], session.workspace_id)


async def create_target(session: Session, new: NewTarget) -> None:
    """For who has taken a turn. Raises ResourceExhausted."""
    connection, workspace_id = session.connection, session.workspace_id
    if await connection.fetchval(QUERIES["count"], workspace_id) >= MOST_TARGETS:
        raise ResourceExhausted(
            "TARGETS_FULL",
            f"the workspace has as many targets as it may: {MOST_TARGETS}",
            metadata={"limit": str(MOST_TARGETS)},
        )
    await connection.execute(QUERIES["create"], workspace_id, *new.values)


async def find_target(session: Session, target_id: str) -> KeptTarget | None:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, target_id)
    return None if row is None else _kept(row)


async def get_target(session: Session, target_id: str) -> KeptTarget:
    """Raises NotFound."""
    found = await find_target(session, target_id)
    if found is None:
        raise NotFound(
            "TARGET_NOT_FOUND",
            f"the workspace has no target {target_id}",
            metadata={"targetId": target_id},
        )
    return found


async def get_target_to_change(session: Session, target_id: str) -> KeptTarget:
    """Nobody else changes it until the transaction ends. Raises NotFound."""
    await session.connection.fetchval(QUERIES["lock"], session.workspace_id, target_id)
    return await get_target(session, target_id)


async def list_targets(session: Session, limit: int, after: str) -> list[KeptTarget]:
    rows = await session.connection.fetch(QUERIES["list"], session.workspace_id, after, limit)
    return [_kept(row) for row in rows]


async def enabled_targets(session: Session, since: datetime) -> list[KeptTarget]:
    """Those that were there by then."""
    rows = await session.connection.fetch(QUERIES["enabled"], session.workspace_id, since)
    return [_kept(row) for row in rows]


async def replace_target(session: Session, new: NewTarget) -> None:
    await session.connection.execute(QUERIES["replace"], session.workspace_id, *new.values)


async def rotate_secret(
    session: Session, target_id: str, sealed: bytes, grace: timedelta, by: str
) -> None:
    await session.connection.execute(
        QUERIES["rotate"], session.workspace_id, target_id, sealed, grace, by
    )


async def disable_target(session: Session, target_id: str) -> None:
    """Since its receiver is gone."""
    await session.connection.execute(QUERIES["disable"], session.workspace_id, target_id)


async def delete_target(session: Session, target_id: str) -> None:
    """If there is one."""
    for name in ("lock_whole", "delete", "delete_lane"):
        await session.connection.execute(QUERIES[name], session.workspace_id, target_id)


def _kept(row: Any) -> KeptTarget:
    return KeptTarget(**dict(row))
