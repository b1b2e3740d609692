"""Puts another name in the place of a user's id, a page of a table in a transaction."""

from collections.abc import Sequence
from typing import Any

from services.warehouse.database import Session
from services.warehouse.erasure.catalogue import CATALOGUE, Entry
from services.warehouse.erasure.naming import Naming
from services.warehouse.erasure.shape import BATCH, PAGE, Page, Shape, page_of, shape_of
from services.warehouse.facts.changes import fetch_horizon, log_change
from services.warehouse.facts.horizon import lies_before
from services.warehouse.facts.keys import as_execution, lock_executions
from services.warehouse.facts.model import RunChange
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
OF_RUNS = ("executions", "execution_keys")
TIMES = {"executions": "started_at", "events": "occurred_at", "metric_points": "occurred_at"}


async def rename_page(
    session: Session, table: str, naming: Naming, after: Sequence[str] | None, rows: int = PAGE
) -> Page:
    """What follows a place in the order of keys."""
    shape, entry = await shape_of(session, table), CATALOGUE[table]
    found = await session.connection.fetch(
        shape.look_through(shape.names_it(entry.says), after),
        *(session.workspace_id, naming.needles, rows, *(after or ())),
    )
    named, place = page_of(found, rows, BATCH)
    changed = await _change(session, shape, entry, naming, await _fresh(session, shape, named))
    if table in TIMES and changed:
        await _tell(session, table, changed)
    return place, len(changed)


async def _fresh(session: Session, shape: Shape, rows: Sequence[Any]) -> Sequence[Any]:
    """As they are once nobody else may write them. Of runs, the keys come first, as writers lock
    them; there may be runs that have none any more."""
    if not rows:
        return ()
    ids = [row["execution_id"] for row in rows] if shape.table in OF_RUNS else []
    runs = await lock_executions(session, ids) if ids else []
    keys = [[row[name] for row in rows] for name in shape.names]
    locked = await session.connection.fetch(shape.lock(), session.workspace_id, *keys)
    if shape.table == "execution_keys":
        # Of runs that came meanwhile; they keep their ids, or have been renamed with their keys.
        known = {row["execution_id"] for row in runs}
        return [row for row in locked if row["execution_id"] not in known]
    return list(
        {tuple(row[name] for name in shape.names): row for row in (*runs, *locked)}.values()
    )


Change = tuple[Any, dict[str, Any]]
"""A row, and what is set in it."""


async def _change(
    session: Session, shape: Shape, entry: Entry, naming: Naming, rows: Sequence[Any]
) -> list[Change]:
    changes = [(row, naming.changes(row, entry.says, entry.blanks)) for row in rows]
    changed = [one for one in changes if one[1]]
    for row, values in changed:
        statement = shape.change(list(values))
        key = [row[name] for name in shape.names]
        await session.connection.execute(statement, session.workspace_id, *key, *values.values())
    return changed


async def _tell(session: Session, table: str, changed: Sequence[Change]) -> None:
    """Answers and cells follow. Cells of what is not changed any more are rewritten later."""
    runs: list[RunChange] = []
    if table == "executions":
        await _rename_keys(session, changed)
        kept_from = (await fetch_horizon(session)).runs_from
        pairs = ((as_execution(row), as_execution({**row, **new})) for row, new in changed)
        runs = [pair for pair in pairs if not lies_before([pair[0].started_at], kept_from)]
    await log_change(session, [row[TIMES[table]] for row, _ in changed], runs)


async def _rename_keys(session: Session, changed: Sequence[Change]) -> None:
    ids = [
        (row["execution_id"], row["started_at"], new["execution_id"])
        for row, new in changed
        if "execution_id" in new
    ]
    if ids:
        columns = map(list, zip(*ids, strict=True))
        await session.connection.execute(QUERIES["rename_keys"], session.workspace_id, *columns)
