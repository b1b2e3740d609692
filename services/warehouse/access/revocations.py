"""Tokens that ended before their time: filed by workspace, and followed by every process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.runtime.faults import ResourceExhausted, Unavailable
from services.runtime.pool import FOLLOWER_ROLE, Connection, connect
from services.runtime.revocations import ReadRevocations, Revocation
from services.runtime.settings import Settings
from services.warehouse.database import Session
from services.warehouse.failures import UNREACHABLE
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

# Every process remembers those of all workspaces.
MOST_OF_A_WORKSPACE = 10_000
READ_SECONDS = 5
BROKEN = (*UNREACHABLE, asyncpg.PostgresError, TimeoutError)

Place = tuple[datetime, str]


@dataclass(frozen=True)
class RevokedToken:
    """A token as it was revoked in a workspace."""

    token_id: str
    reason: str
    revoked_by: str
    revoked_at: datetime
    kept_until: datetime

    @property
    def place(self) -> Place:
        return self.revoked_at, self.token_id


@asynccontextmanager
async def open_revocations(settings: Settings) -> AsyncIterator[ReadRevocations]:
    """A connection of its own, so that nobody waits for those who ask questions."""
    try:
        connection = await connect(settings, FOLLOWER_ROLE)
    except BROKEN as broken:
        raise _unavailable(broken) from broken

    async def read(number: int, limit: int) -> Sequence[Revocation]:
        return await _above(connection, number, limit)

    try:
        yield read
    finally:
        connection.terminate()


async def _above(connection: Connection, number: int, limit: int) -> list[Revocation]:
    try:
        rows = await connection.fetch(QUERIES["above"], number, limit, timeout=READ_SECONDS)
    except BROKEN as broken:
        raise _unavailable(broken) from broken
    return [Revocation(**dict(row)) for row in rows]


def _unavailable(broken: BaseException) -> Unavailable:
    return Unavailable("DATABASE_UNAVAILABLE", f"database: {broken or type(broken).__name__}")


async def revoke(
    session: Session, token_id: str, reason: str, revoked_by: str, until: datetime
) -> RevokedToken:
    """Ends a token in the session's workspace. Raises ResourceExhausted."""
    connection, workspace_id = session.connection, session.workspace_id
    await connection.execute(QUERIES["turn"])
    others = await connection.fetchval(QUERIES["count"], workspace_id, token_id)
    if others >= MOST_OF_A_WORKSPACE:
        raise access_full(MOST_OF_A_WORKSPACE, "revoked tokens")
    return await _file(session, token_id, reason, revoked_by, until)


async def end_tokens(
    session: Session, token_ids: Sequence[str], reason: str, revoked_by: str, until: datetime
) -> None:
    """Of a key that ends, however many tokens are revoked: they are forgotten minutes later."""
    await session.connection.execute(QUERIES["turn"])
    for token_id in token_ids:
        await _file(session, token_id, reason, revoked_by, until)


async def _file(
    session: Session, token_id: str, reason: str, revoked_by: str, until: datetime
) -> RevokedToken:
    values = (session.workspace_id, token_id, reason, revoked_by, until)
    row = await session.connection.fetchrow(QUERIES["revoke"], *values)
    assert row is not None  # noqa: S101 - it inserts or updates
    return RevokedToken(**dict(row))


async def list_revoked(session: Session, limit: int, after: Place | None) -> list[RevokedToken]:
    """Those of the session's workspace, the latest first."""
    place = after or (None, None)
    rows = await session.connection.fetch(QUERIES["list"], session.workspace_id, *place, limit)
    return [RevokedToken(**dict(row)) for row in rows]


def access_full(limit: int, unit: str) -> ResourceExhausted:
    return ResourceExhausted(
        "ACCESS_FULL",
        f"there may be {limit} {unit}, and there are",
        metadata={"limit": str(limit), "unit": unit},
    )
