"""Links to reports: their secrets are kept as hashes, and told once."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.warehouse.database import Session, rows_affected
from services.warehouse.reports.definitions import report_not_found, reports_full
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
MOST_LINKS = 20


@dataclass(frozen=True)
class KeptLink:
    """A link as it lies in its workspace."""

    link_id: str
    report_id: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    opened: int


@dataclass(frozen=True)
class NewLink:
    """What is asked for."""

    link_id: str
    report_id: str
    secret_hash: bytes
    created_by: str
    lifetime: timedelta

    @property
    def values(self) -> tuple[object, ...]:
        said = (self.link_id, self.report_id, self.secret_hash)
        return (*said, self.created_by, self.lifetime)


async def check_room_for_link(session: Session, report_id: str) -> None:
    """For who has taken a turn. Raises ResourceExhausted."""
    count = await session.connection.fetchval(QUERIES["count"], session.workspace_id, report_id)
    if count >= MOST_LINKS:
        raise reports_full(MOST_LINKS, "links to a report")


async def create_link(session: Session, new: NewLink) -> KeptLink:
    """Raises NotFound if the report was deleted a moment ago."""
    row: Any = await session.connection.fetchrow(
        QUERIES["create"], session.workspace_id, *new.values
    )
    if row is None:
        raise report_not_found(new.report_id)
    return KeptLink(**dict(row))


async def list_links(session: Session, report_id: str) -> list[KeptLink]:
    rows = await session.connection.fetch(QUERIES["list"], session.workspace_id, report_id)
    return [KeptLink(**dict(row)) for row in rows]


async def find_report_behind(session: Session, link_id: str, secret_hash: bytes) -> str | None:
    """None if the link leads nowhere, or not by that secret."""
    row: Any = await session.connection.fetchrow(QUERIES["find"], session.workspace_id, link_id)
    is_known = row is not None and hmac.compare_digest(row["secret_hash"], secret_hash)
    return str(row["report_id"]) if is_known else None


async def count_opening(session: Session, link_id: str) -> int:
    """How often it was opened in this minute, with this time."""
    opened = await session.connection.fetchval(QUERIES["open"], session.workspace_id, link_id)
    return int(opened or 0)


async def revoke_link(session: Session, link_id: str) -> None:
    """If there is one."""
    await session.connection.execute(QUERIES["revoke"], session.workspace_id, link_id)


async def delete_expired_links(session: Session, limit: int) -> int:
    return rows_affected(
        await session.connection.execute(QUERIES["delete_expired"], session.workspace_id, limit)
    )


async def count_links_to_erase(session: Session, user_id: str) -> int:
    return int(
        await session.connection.fetchval(
            QUERIES["count_for_erasure"], session.workspace_id, bool(user_id)
        )
    )


async def forget_maker_of_links(session: Session, user_id: str) -> int:
    return rows_affected(
        await session.connection.execute(QUERIES["forget"], session.workspace_id, user_id)
    )
