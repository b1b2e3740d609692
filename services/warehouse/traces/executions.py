"""Brings the stored executions of traces in line with what their spans tell."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.warehouse.database import Session
from services.warehouse.facts.horizon import lies_before
from services.warehouse.facts.keys import as_execution, claim_keys, lock_executions
from services.warehouse.facts.model import Execution, RunChange
from services.warehouse.sql import Queries
from services.warehouse.traces.derivation import derive, possible_ids
from services.warehouse.traces.model import Span
from services.warehouse.traces.rows import as_rows

QUERIES = Queries(__file__)


def times_of(changes: Iterable[RunChange]) -> set[datetime]:
    return {run.started_at for change in changes for run in change if run}


async def derive_anew(
    session: Session, traces: Sequence[Sequence[Span]], kept_from: datetime | None = None
) -> list[RunChange]:
    """What changed. The traces must be locked.

    What a producer recorded under an id of ours stays as it is, and so do runs that began before
    what is kept: some of their spans may be gone.
    """
    runs = [run for trace in traces for run in derive(trace)]
    derived = {
        run.execution_id: run for run in runs if not lies_before([run.started_at], kept_from)
    }
    possible = {one for trace in traces for one in possible_ids(trace)}
    stored, foreign = await _lock_stored(session, derived, possible)
    found = _changes(stored, derived, possible - foreign)
    changes = [one for one in found if not lies_before(times_of([one]), kept_from)]
    await _remove(session, [before for before, _ in changes if before])
    await _forget(session, [before for before, after in changes if before and not after])
    await _insert(session, [after for _, after in changes if after])
    return changes


def _changes(
    stored: Mapping[str, Execution], derived: Mapping[str, Execution], ids: Iterable[str]
) -> list[RunChange]:
    pairs = ((stored.get(one), derived.get(one)) for one in sorted(ids))
    changes = [(before, _with_what_came_late(before, after)) for before, after in pairs]
    return [(before, after) for before, after in changes if before != after]


def _with_what_came_late(before: Execution | None, after: Execution | None) -> Execution | None:
    """Spans tell no credits and no rating, and so take none away."""
    if before is None or after is None:
        return after
    return after._replace(credits=before.credits, user_rating=before.user_rating)


async def _lock_stored(
    session: Session, derived: Mapping[str, Execution], possible: Iterable[str]
) -> tuple[dict[str, Execution], set[str]]:
    """Derived runs that are stored, and ids under which producers recorded runs of theirs."""
    await claim_keys(session, {one: run.started_at for one, run in derived.items()})
    rows = await lock_executions(session, possible)
    ours = {row["execution_id"]: as_execution(row) for row in rows if row["origin"] == "trace"}
    return ours, {row["execution_id"] for row in rows} - ours.keys()


async def _remove(session: Session, executions: Sequence[Execution]) -> None:
    if executions:
        await session.connection.execute(
            QUERIES["remove_executions"],
            session.workspace_id,
            [execution.execution_id for execution in executions],
            [execution.started_at for execution in executions],
        )


async def _forget(session: Session, executions: Sequence[Execution]) -> None:
    if executions:
        ids = [execution.execution_id for execution in executions]
        await session.connection.execute(QUERIES["remove_keys"], session.workspace_id, ids)


async def _insert(session: Session, executions: Sequence[Execution]) -> None:
    if executions:
        rows = as_rows(execution._asdict() for execution in executions)
        await session.connection.execute(QUERIES["insert_executions"], session.workspace_id, rows)
