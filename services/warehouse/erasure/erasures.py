"""Erasures as they are kept: what is asked for, how far it is, and in the end the receipt."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.runtime.faults import NotFound
from services.runtime.pool import Pool
from services.warehouse.database import Session, driver_errors_as_faults, rows_affected
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
FIRST_STEP = "log"
Place = tuple[datetime, UUID]


class OvertakenError(Exception):
    """Somebody else has gone on with it; nothing was done."""


@dataclass(frozen=True)
class Erasure:
    """`user_id` is None for a workspace, and once it is done. `place` is where in a step it is."""

    workspace_id: str
    erasure_id: UUID
    scope: str
    user_id: str | None
    salt: bytes
    hash: bytes
    pseudonym: str
    requested_by: str
    requested_at: datetime
    step: str
    place: Mapping[str, Any]
    counts: Mapping[str, int]
    ended_at: datetime | None
    copies_until: datetime | None


async def begin(session: Session, user_id: str | None, by: str) -> Erasure:
    """The one that goes on already, or a new one."""
    await session.connection.execute(QUERIES["turn"], session.workspace_id)
    known = await session.connection.fetchrow(QUERIES["open"], session.workspace_id, user_id)
    if known is None:
        salt = os.urandom(16)
        subject = session.workspace_id if user_id is None else user_id
        known = await session.connection.fetchrow(
            QUERIES["begin"],
            session.workspace_id,
            "workspace" if user_id is None else "user",
            user_id,
            salt,
            hashlib.sha256(salt + subject.encode()).digest(),
            "" if user_id is None else f"erased-{os.urandom(8).hex()}",
            by,
            FIRST_STEP,
        )
    return _erasure(known)


async def fetch_erasure(session: Session, erasure_id: UUID) -> Erasure:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, erasure_id)
    if row is None:
        raise NotFound(
            "ERASURE_NOT_FOUND",
            f"there is no erasure {erasure_id}",
            metadata={"erasureId": str(erasure_id)},
        )
    return _erasure(row)


async def list_erasures(session: Session, limit: int, after: Place | None) -> list[Erasure]:
    """The latest first."""
    rows = await session.connection.fetch(
        QUERIES["list"], session.workspace_id, *(after or (None, None)), limit
    )
    return list(map(_erasure, rows))


async def advance(
    session: Session,
    erasure: Erasure,
    step: str,
    place: Mapping[str, Any],
    counts: Mapping[str, int],
) -> Erasure:
    """Notes what the transaction has done. Raises OvertakenError if somebody else has gone on."""
    row = await session.connection.fetchrow(
        QUERIES["advance"],
        *(session.workspace_id, erasure.erasure_id, erasure.step, dict(erasure.place)),
        *(step, dict(place), _added(erasure.counts, counts)),
    )
    if row is None:
        raise OvertakenError
    return _erasure(row)


async def note(session: Session, erasure_id: UUID, counts: Mapping[str, int]) -> None:
    """Counts what was done, however far it is by now."""
    known = await session.connection.fetchval(
        QUERIES["lock_counts"], session.workspace_id, erasure_id
    )
    await session.connection.execute(
        QUERIES["note"], session.workspace_id, erasure_id, _added(known, counts)
    )


def _added(known: Mapping[str, float], counts: Mapping[str, int]) -> dict[str, int]:
    total = Counter({name: int(rows) for name, rows in known.items()})
    total.update(counts)
    return {name: rows for name, rows in total.items() if rows}


async def end(session: Session, erasure: Erasure, copies_until: datetime | None) -> bool:
    """From now on it is the receipt. False if somebody else was faster."""
    status = await session.connection.execute(
        QUERIES["end"], session.workspace_id, erasure.erasure_id, copies_until
    )
    return rows_affected(status) > 0


async def fetch_open(
    pool: Pool, workspace_id: str | None, limit: int
) -> Sequence[tuple[str, UUID]]:
    """Those that are not done: of a workspace, or of all. By the role that may see those."""
    with driver_errors_as_faults():
        rows = await pool.fetch(QUERIES["all_open"], workspace_id, limit)
    return [(row["workspace_id"], row["erasure_id"]) for row in rows]


def _erasure(row: Any) -> Erasure:
    counts = {name: int(rows) for name, rows in row["counts"].items()}
    return Erasure(**dict(row) | {"counts": counts})
