"""Stores executions: one row a run, whatever is sent again, out of order or at once."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.warehouse.database import Session
from services.warehouse.facts.horizon import lies_before
from services.warehouse.facts.keys import as_execution, claim_keys, lock_executions, lock_keys
from services.warehouse.facts.merging import (
    MAY_COME_LATE,
    MAY_COME_LATE_OF_TRACES,
    merge_execution,
)
from services.warehouse.facts.model import STORED, TOO_OLD, Execution, Recorded, RunChange
from services.warehouse.facts.staging import stage
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
COLUMNS = Execution._fields


@dataclass(frozen=True)
class Written:
    """What became of each fact, and the times at which stored facts changed; of runs, how."""

    results: list[Recorded]
    touched: set[datetime]
    runs: Sequence[RunChange] = ()


async def record_executions(
    session: Session, arriving: Sequence[Execution], kept_from: datetime | None = None
) -> Written:
    """Takes effect in the order given. Locks each run until the transaction ends. None that is
    stored as begun before what is kept is changed any more."""
    if not arriving:
        return Written([], set())
    times = {execution.execution_id: execution.started_at for execution in reversed(arriving)}
    if await claim_keys(session, times) == len(arriving):
        return await _insert_all(session, arriving)
    stored, derived = await _lock_stored(session, times)
    fixed = {key for key, old in stored.items() if lies_before([old.started_at], kept_from)}
    results, after = _merge_all(stored, derived, arriving, fixed)
    changed = {key: new for key, new in after.items() if new is not stored.get(key)}
    placed = times | {key: old.started_at for key, old in stored.items()}
    await _store(session, changed.values(), stored)
    if any(new.started_at != placed[key] for key, new in changed.items()):
        await session.connection.execute(QUERIES["place_keys"], session.workspace_id)
    replaced = [stored[key].started_at for key in changed if key in stored]
    touched = {new.started_at for new in changed.values()}.union(replaced)
    return Written(results, touched, [(stored.get(key), new) for key, new in changed.items()])


async def _insert_all(session: Session, new: Sequence[Execution]) -> Written:
    """The usual case: nothing to compare, nothing to replace."""
    await stage(session, "executions", COLUMNS, new)
    await session.connection.execute(QUERIES["insert_executions"], session.workspace_id)
    touched = {execution.started_at for execution in new}
    return Written([STORED] * len(new), touched, [(None, execution) for execution in new])


def _merge_all(
    stored: Mapping[str, Execution],
    derived: Container[str],
    arriving: Sequence[Execution],
    fixed: Container[str],
) -> tuple[list[Recorded], dict[str, Execution]]:
    """Those that are fixed stay as they are."""
    after = dict(stored)
    results = []
    for execution in arriving:
        key = execution.execution_id
        if key in fixed:
            results.append(TOO_OLD)
            continue
        late = MAY_COME_LATE_OF_TRACES if key in derived else MAY_COME_LATE
        recorded, after[key] = merge_execution(after.get(key), execution, late)
        results.append(recorded)
    return results, after


async def _lock_stored(
    session: Session, times: Mapping[str, datetime]
) -> tuple[dict[str, Execution], set[str]]:
    """The stored runs among those arriving, and which of them follow from spans. The keys of all
    of them are ours until we commit."""
    while await lock_keys(session, times) < len(times):
        # Whoever erases has let go of some since they were claimed.
        await claim_keys(session, times)
    rows = await lock_executions(session, times)
    derived = {row["execution_id"] for row in rows if row["origin"] == "trace"}
    return {row["execution_id"]: as_execution(row) for row in rows}, derived


async def _store(
    session: Session, changed: Iterable[Execution], stored: Mapping[str, Execution]
) -> None:
    rows = [(*new, _stored_at(stored.get(new.execution_id))) for new in changed]
    if not rows:
        return
    await stage(session, "executions", (*COLUMNS, "stored_at"), rows)
    if any(row[-1] is None for row in rows):
        await session.connection.execute(QUERIES["insert_executions"], session.workspace_id)
    if any(row[-1] is not None for row in rows):
        await session.connection.execute(QUERIES["replace_executions"], session.workspace_id)


def _stored_at(execution: Execution | None) -> datetime | None:
    return None if execution is None else execution.started_at
