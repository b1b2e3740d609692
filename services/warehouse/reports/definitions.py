"""Definitions of reports by workspace: what they say, and when they are due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.runtime.faults import NotFound, ResourceExhausted
from services.runtime.pool import Pool
from services.warehouse.database import Session, driver_errors_as_faults, rows_affected
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
MOST_DEFINITIONS = 200


@dataclass(frozen=True)
class KeptDefinition:
    """A definition as it lies in its workspace."""

    definition_id: str
    definition: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    due_at: datetime | None


@dataclass(frozen=True)
class NewDefinition:
    """What is asked for."""

    definition_id: str
    definition: Mapping[str, Any]
    updated_by: str
    due_at: datetime | None

    @property
    def values(self) -> tuple[object, ...]:
        return (self.definition_id, dict(self.definition), self.updated_by, self.due_at)


async def take_turn(session: Session) -> None:
    """Nobody else makes a definition, a report or a link in it until the transaction ends."""
    await session.connection.execute(QUERIES["turn"], session.workspace_id)


async def create_definition(session: Session, new: NewDefinition) -> None:
    """For who has taken a turn. Raises ResourceExhausted."""
    connection, workspace_id = session.connection, session.workspace_id
    if await connection.fetchval(QUERIES["count"], workspace_id) >= MOST_DEFINITIONS:
        raise reports_full(MOST_DEFINITIONS, "definitions")
    await connection.execute(QUERIES["create"], workspace_id, *new.values)


async def find_definition(session: Session, definition_id: str) -> KeptDefinition | None:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, definition_id)
    return None if row is None else _kept(row)


async def get_definition(session: Session, definition_id: str) -> KeptDefinition:
    """Raises NotFound."""
    found = await find_definition(session, definition_id)
    if found is None:
        raise NotFound(
            "REPORT_DEFINITION_NOT_FOUND",
            f"the workspace has no definition {definition_id}",
            metadata={"definitionId": definition_id},
        )
    return found


async def get_definition_to_change(session: Session, definition_id: str) -> KeptDefinition:
    """Nobody else changes or plans it until the transaction ends. Raises NotFound."""
    await session.connection.fetchval(QUERIES["lock"], session.workspace_id, definition_id)
    return await get_definition(session, definition_id)


async def find_definition_to_change(session: Session, definition_id: str) -> KeptDefinition | None:
    await session.connection.fetchval(QUERIES["lock"], session.workspace_id, definition_id)
    return await find_definition(session, definition_id)


async def list_definitions(session: Session, limit: int, after: str) -> list[KeptDefinition]:
    rows = await session.connection.fetch(QUERIES["list"], session.workspace_id, after, limit)
    return [_kept(row) for row in rows]


async def replace_definition(session: Session, new: NewDefinition) -> None:
    await session.connection.execute(QUERIES["replace"], session.workspace_id, *new.values)


async def delete_definition(session: Session, definition_id: str) -> None:
    """If there is one."""
    await session.connection.execute(QUERIES["delete"], session.workspace_id, definition_id)


async def erase_definitions(session: Session, user_id: str) -> tuple[int, int]:
    """All, or those whose filter names a user: how many, and how often the name stood elsewhere."""
    connection, workspace_id = session.connection, session.workspace_id
    if not user_id:
        return rows_affected(await connection.execute(QUERIES["delete_all"], workspace_id)), 0
    deleted = await connection.execute(QUERIES["delete_about"], workspace_id, user_id)
    forgotten = await connection.execute(QUERIES["forget"], workspace_id, user_id)
    return rows_affected(deleted), rows_affected(forgotten)


async def note_planned(session: Session, definition_id: str, due_at: datetime | None) -> None:
    """For who holds it: when it is due next."""
    await session.connection.execute(
        QUERIES["planned"], session.workspace_id, definition_id, due_at
    )


class DueDefinitions:
    """Which are due, of all workspaces. Its pool's role may see that, and nothing else."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, workspace_id: str | None, limit: int) -> list[tuple[str, str]]:
        """Workspaces and definitions that nobody else claims for a minute."""
        with driver_errors_as_faults():
            rows = await self._pool.fetch(QUERIES["claim"], workspace_id, limit)
        return [(row["workspace_id"], row["definition_id"]) for row in rows]

    async def count(self, workspace_id: str | None) -> int:
        with driver_errors_as_faults():
            return int(await self._pool.fetchval(QUERIES["count_due"], workspace_id))


def report_not_found(report_id: str) -> NotFound:
    return NotFound(
        "REPORT_NOT_FOUND",
        f"the workspace has no report {report_id}",
        metadata={"reportId": report_id},
    )


def reports_full(limit: int, unit: str) -> ResourceExhausted:
    return ResourceExhausted(
        "REPORTS_FULL",
        f"there are as many {unit} as there may be: {limit}",
        metadata={"limit": str(limit), "unit": unit},
    )


def _kept(row: Any) -> KeptDefinition:
    return KeptDefinition(**dict(row))
