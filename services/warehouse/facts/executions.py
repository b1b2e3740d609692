"""Stores executions: one row a run, whatever is sent again, out of order or at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from services.warehouse.database import Session
from services.warehouse.facts.merging import merge_execution
from services.warehouse.facts.model import ErrorType, Execution, Recorded, Status
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
COLUMNS = tuple(field.name for field in fields(Execution))
VALUES = attrgetter(*COLUMNS)


@dataclass(frozen=True)
class Written:
    """What became of each fact, and the times at which stored facts changed."""

    results: list[Recorded]
    touched: set[datetime]


async def record_executions(session: Session, arriving: Sequence[Execution]) -> Written:
    """Takes effect in the order given. Locks each run until the transaction ends."""
    if not arriving:
        return Written([], set())
    stored = await _lock_stored(session, arriving)
    results, after = _merge_all(stored, arriving)
    changed = {key: new for key, new in after.items() if new != stored.get(key)}
    await _remove(session, [stored[key] for key in changed if key in stored])
    await _insert(session, list(changed.values()))
    moved = [stored[key].started_at for key in changed if key in stored]
    return Written(results, {new.started_at for new in changed.values()}.union(moved))


def _merge_all(
    stored: Mapping[str, Execution], arriving: Sequence[Execution]
) -> tuple[list[Recorded], dict[str, Execution]]:
    after = dict(stored)
    results = []
    for execution in arriving:
        recorded, merged = merge_execution(after.get(execution.execution_id), execution)
        results.append(recorded)
        after[execution.execution_id] = merged
    return results, after


async def _lock_stored(session: Session, arriving: Sequence[Execution]) -> dict[str, Execution]:
    """The stored runs among those arriving; the keys of all of them are ours until we commit."""
    times = {execution.execution_id: execution.started_at for execution in reversed(arriving)}
    claimed = await session.connection.fetch(
        QUERIES["claim_keys"], session.workspace_id, list(times), list(times.values())
    )
    known = set(times) - {row["execution_id"] for row in claimed}
    if not known:
        return {}
    keys = await session.connection.fetch(QUERIES["lock_keys"], session.workspace_id, list(known))
    rows = await session.connection.fetch(
        QUERIES["stored_executions"],
        session.workspace_id,
        [key["execution_id"] for key in keys],
        [key["started_at"] for key in keys],
    )
    return {row["execution_id"]: _execution(dict(row)) for row in rows}


async def _remove(session: Session, executions: Sequence[Execution]) -> None:
    if executions:
        await session.connection.execute(
            QUERIES["remove_executions"],
            session.workspace_id,
            [execution.execution_id for execution in executions],
            [execution.started_at for execution in executions],
        )


async def _insert(session: Session, executions: Sequence[Execution]) -> None:
    if executions:
        columns = zip(*map(VALUES, executions), strict=True)
        await session.connection.execute(
            QUERIES["insert_executions"], session.workspace_id, *map(list, columns)
        )


def _execution(row: Mapping[str, Any]) -> Execution:
    values = {name: row[name] for name in COLUMNS}
    values["status"] = Status(row["status"])
    values["error_type"] = ErrorType(row["error_type"]) if row["error_type"] else None
    return Execution(**values)
