"""What is set of how long a workspace keeps things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


@dataclass(frozen=True)
class SetRetention:
    """A policy as JSON, and which version of it that is; 0: nobody has set any."""

    policy: Mapping[str, Any]
    version: int = 0
    updated_at: datetime | None = None
    updated_by: str = ""


async def fetch_retention(session: Session) -> SetRetention:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id)
    return SetRetention(**dict(row)) if row else SetRetention({})


async def replace_retention(
    session: Session, policy: Mapping[str, Any], version: int, by: str
) -> bool:
    """False if the version is not the present one any more."""
    query = QUERIES["replace" if version else "create"]
    values = (session.workspace_id, dict(policy), by) + ((version,) if version else ())
    return await session.connection.fetchval(query, *values) is not None
