"""The audit log: what was administered and denied, by workspace. Nothing in it is ever changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID

import asyncpg

from services.runtime.audit import AuditEntry, RefusedEntryError
from services.runtime.faults import Unavailable
from services.warehouse.database import Database, Session, UnwritableError
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

Place = tuple[datetime, UUID]
Order = Literal["latest", "earliest"]


@dataclass(frozen=True)
class AuditQuery:
    """Which entries are asked for; None is: all."""

    start: datetime
    end: datetime
    limit: int
    subject: str | None = None
    rpc: str | None = None
    code: int | None = None
    after: Place | None = None


async def write_entries(database: Database, entries: Sequence[AuditEntry]) -> None:
    """All of them, or nothing. Raises a Fault, or RefusedEntryError."""
    with _what_fails_told():
        await _write(database, entries)


async def _write(database: Database, entries: Sequence[AuditEntry]) -> None:
    async with database.transaction() as transaction:
        for workspace_id, of_workspace in groupby(
            sorted(entries, key=attrgetter("workspace_id")), key=attrgetter("workspace_id")
        ):
            session = await transaction.enter(workspace_id)
            rows = [_values(entry) for entry in of_workspace]
            await session.connection.executemany(QUERIES["write"], rows)


@contextmanager
def _what_fails_told() -> Iterator[None]:
    """A database that is being set up, is full or sick may take the same entries later."""
    try:
        yield
    except UnwritableError as refused:
        raise RefusedEntryError(str(refused)) from refused
    except asyncpg.PostgresError as failed:
        raise Unavailable("DATABASE_UNAVAILABLE", "the audit log cannot be written") from failed


def _values(entry: AuditEntry) -> tuple[Any, ...]:
    return (
        entry.workspace_id,
        entry.occurred_at,
        entry.entry_id,
        entry.subject,
        entry.token_id,
        entry.rpc,
        entry.code,
        entry.reason,
        entry.request_id,
        dict(entry.facts),
        entry.calls,
        entry.is_of_stranger,
    )


async def list_entries(session: Session, query: AuditQuery, order: Order) -> list[AuditEntry]:
    """Those of the session's workspace."""
    rows = await session.connection.fetch(
        QUERIES[order],
        session.workspace_id,
        query.start,
        query.end,
        query.subject,
        query.rpc,
        query.code,
        *(query.after or (None, None)),
        query.limit,
    )
    return [AuditEntry(workspace_id=session.workspace_id, **dict(row)) for row in rows]
