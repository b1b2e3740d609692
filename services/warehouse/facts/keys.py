"""The keys of runs, one an id, whatever the run is made from: who has a key may write its run."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.warehouse.database import Session, rows_affected
from services.warehouse.facts.model import ErrorType, Execution, Status
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


async def claim_keys(session: Session, times: Mapping[str, datetime]) -> int:
    """How many of the ids were nobody's; their keys are ours until we commit."""
    status = await session.connection.execute(
        QUERIES["claim_keys"], session.workspace_id, list(times), list(times.values())
    )
    return rows_affected(status)


async def lock_keys(session: Session, ids: Iterable[str]) -> int:
    """How many of the ids have keys, which are ours until we commit."""
    return len(
        await session.connection.fetch(QUERIES["lock_keys"], session.workspace_id, list(ids))
    )


async def lock_executions(session: Session, ids: Iterable[str]) -> list[Any]:
    """The rows that are stored under the ids, whose keys are ours until we commit."""
    keys = await session.connection.fetch(QUERIES["lock_keys"], session.workspace_id, list(ids))
    return await session.connection.fetch(
        QUERIES["stored_executions"],
        session.workspace_id,
        [key["execution_id"] for key in keys],
        [key["started_at"] for key in keys],
    )


def as_execution(row: Mapping[str, Any]) -> Execution:
    values = {name: row[name] for name in Execution._fields}
    values["status"] = Status(row["status"])
    values["error_type"] = ErrorType(row["error_type"]) if row["error_type"] else None
    return Execution(**values)
