"""Times in which alerts are not told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.warehouse.alerts.rules import alerts_full
from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
MOST_SILENCES = 1_000


@dataclass(frozen=True)
class Silence:
    """A silence as it lies in its workspace."""

    silence_id: str
    rule_ids: Sequence[str]
    group_labels: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime | None = None
    """Unknown before it is kept."""

    def covers(self, group: Mapping[str, str]) -> bool:
        return self.group_labels.items() <= group.items()


async def create_silence(session: Session, new: Silence) -> None:
    """For who has taken a turn. Raises ResourceExhausted."""
    connection, workspace_id = session.connection, session.workspace_id
    if await connection.fetchval(QUERIES["count"], workspace_id) >= MOST_SILENCES:
        raise alerts_full(MOST_SILENCES, "silences")
    said = (new.silence_id, list(new.rule_ids), dict(new.group_labels))
    rest = (new.starts_at, new.ends_at, new.reason, new.created_by)
    await connection.execute(QUERIES["create"], workspace_id, *said, *rest)


async def find_silence(session: Session, silence_id: str) -> Silence | None:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, silence_id)
    return None if row is None else _silence(row)


async def list_silences(session: Session, limit: int, after: str) -> list[Silence]:
    rows = await session.connection.fetch(QUERIES["list"], session.workspace_id, after, limit)
    return [_silence(row) for row in rows]


async def silences_of_now(session: Session, rule_id: str) -> list[Silence]:
    rows = await session.connection.fetch(QUERIES["of_now"], session.workspace_id, rule_id)
    return [_silence(row) for row in rows]


async def delete_silence(session: Session, silence_id: str) -> None:
    """If there is one."""
    await session.connection.execute(QUERIES["delete"], session.workspace_id, silence_id)


def _silence(row: Any) -> Silence:
    return Silence(**dict(row))
