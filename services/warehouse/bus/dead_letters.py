"""Dead letters: records that could not be handled, filed by workspace."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.runtime.bus.dead_letter import DeadLetter, Source
from services.runtime.pool import Connection
from services.runtime.telemetry.instruments import instruments
from services.warehouse.bus.drops import Standing, State, standing_in
from services.warehouse.database import Database, Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

Place = tuple[datetime, UUID]


@dataclass(frozen=True)
class FiledLetter:
    """A letter as it lies in its workspace, without its content."""

    dead_letter_id: UUID
    source: Source
    group_name: str
    topic: str
    partition: int | None
    position: int
    reason: str
    message: str
    attempts: int
    failed_at: datetime
    occurrences: int
    last_failed_at: datetime
    replayed_at: datetime | None
    payload_bytes: int
    standing: Standing

    @property
    def place(self) -> Place:
        return self.failed_at, self.dead_letter_id


@dataclass(frozen=True)
class WholeLetter:
    """A letter with its content."""

    filed: FiledLetter
    key: bytes | None
    payload: bytes


@dataclass(frozen=True)
class LettersQuery:
    """Which letters are asked for; None is: all."""

    limit: int
    source: Source | None = None
    replayed: bool | None = None
    state: State | None = None
    after: Place | None = None


async def bury(connection: Connection, letter: DeadLetter) -> None:
    """Files a letter in the connection's transaction; once, however often it is buried, and counted
    as often as its record came.

    The transaction must be in the letter's workspace, or of the role that may bury for all.
    """
    instruments().counter(
        "shadower.dead_letters.filed",
        "{letter}",
        "Records that could not be handled and were put aside, counted as often as they came",
        ("source", "reason"),
    )[letter.source.value, letter.reason] += 1
    await connection.execute(
        QUERIES["bury"],
        letter.workspace_id,
        letter.id,
        letter.source.value,
        letter.group,
        letter.topic,
        letter.partition,
        letter.position,
        letter.reason,
        letter.message,
        letter.key,
        letter.payload,
        letter.attempts,
    )


async def bury_alone(database: Database, letter: DeadLetter) -> None:
    """When this returns, the letter is durable. Raises Unavailable."""
    async with database.writing(letter.workspace_id) as session:
        await bury(session.connection, letter)


async def list_letters(session: Session, query: LettersQuery) -> list[FiledLetter]:
    """Letters of the session's workspace, the latest first."""
    rows = await session.connection.fetch(
        QUERIES["list"],
        session.workspace_id,
        query.source and query.source.value,
        query.replayed,
        query.state,
        *(query.after or (None, None)),
        query.limit,
    )
    return [_filed(dict(row)) for row in rows]


async def get_letter(session: Session, letter_id: UUID) -> WholeLetter | None:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, letter_id)
    if row is None:
        return None
    known = dict(row)
    key, payload = known.pop("key"), known.pop("payload")
    return WholeLetter(_filed(known), key, payload)


async def mark_replayed(session: Session, letter: FiledLetter) -> datetime:
    """When that was. One that has come again since it was read stays open."""
    values = (session.workspace_id, letter.dead_letter_id, letter.occurrences)
    moment: datetime = await session.connection.fetchval(QUERIES["mark_replayed"], *values)
    return moment


def _filed(columns: dict[str, Any]) -> FiledLetter:
    standing, source = standing_in(columns), Source(columns.pop("source"))
    return FiledLetter(**columns, source=source, standing=standing)
