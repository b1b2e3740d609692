"""Rows on their way into tables: copied into a table of the session's own, then taken over.

Copying is the fastest way in, but PostgreSQL refuses it for tables with row-level security.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


async def create_staging(connection: Any) -> None:
    """Prepares a new connection for those who stage rows on it."""
    await connection.execute(QUERIES["create_staging"])


async def stage(
    session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Puts rows into `arriving_<table>`, which is empty again when the transaction ends.

    Not before: who takes rows over takes those of its workspace.
    """
    await session.connection.copy_records_to_table(
        f"arriving_{table}",
        records=((session.workspace_id, *row) for row in rows),
        columns=("workspace_id", *columns),
    )
