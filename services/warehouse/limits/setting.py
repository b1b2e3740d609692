"""Sets limits of a workspace, and lists them."""

from services.warehouse.database import Session
from services.warehouse.limits.changes import SetLimit
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


async def list_limits(session: Session) -> list[SetLimit]:
    """Those that are set."""
    rows = await session.connection.fetch(QUERIES["list_limits"], session.workspace_id)
    return [SetLimit(**dict(row)) for row in rows]


async def set_limit(
    session: Session, limit_class: str, scope: str, amount: int, seconds: int
) -> None:
    await session.connection.execute(
        QUERIES["set_limit"], session.workspace_id, limit_class, scope, amount, seconds
    )


async def unset_limit(session: Session, limit_class: str, scope: str) -> None:
    await session.connection.execute(
        QUERIES["unset_limit"], session.workspace_id, limit_class, scope
    )
