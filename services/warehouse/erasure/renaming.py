"""Puts another name in the place of a user's id, a page of a table in a transaction."""

from collections.abc import Sequence
from typing import Any

from services.warehouse.database import Session
from services.warehouse.erasure.catalogue import CATALOGUE, Entry, OfUser
from services.warehouse.erasure.naming import Naming
from services.warehouse.erasure.shape import BATCH, PAGE, Shape, shape_of
from services.warehouse.facts.changes import fetch_horizon, log_change
from services.warehouse.facts.horizon import lies_before
from services.warehouse.facts.keys import as_execution, lock_executions
from services.warehouse.facts.model import RunChange
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
TIMES = {"executions": "started_at", "events": "occurred_at", "metric_points": "occurred_at"}

Page = tuple[list[str] | None, int]
"""Where to go on, or None at the end; and how many rows were changed."""


async def rename_page(
    session: Session, table: str, naming: Naming, after: Sequence[str] | None
) -> Page:
    """What follows a place in the order of keys."""
    shape, entry = await shape_of(session, table), CATALOGUE[table]
    needles = naming.needles_of_bytes if entry.of_user is OfUser.DELETED else naming.needles
    found = await session.connection.fetch(
        shape.look_through(after), session.workspace_id, needles, PAGE, *(after or ())
    )
    named = [row for row in found if row["names_it_"]][:BATCH]
    is_cut = len(named) == BATCH
    last = named[-1] if is_cut else found[-1] if found else None
    rows = await _fresh(session, table, named)
    changed = await _change(session, shape, entry, naming, rows)
    if table in TIMES and changed:
        await _tell(session, table, changed)
    is_end = last is None or (last["rows_"] < PAGE and not is_cut)
    return (None if is_end or last is None else last["place_"]), len(changed)


async def _fresh(session: Session, table: str, rows: Sequence[Any]) -> Sequence[Any]:
    """Of runs, as they are once nobody else may write them."""
    if table != "executions":
        return rows
    return await lock_executions(session, [row["execution_id"] for row in rows])


Change = tuple[Any, dict[str, Any]]
"""A row, and what is set in it."""


async def _change(
    session: Session, shape: Shape, entry: Entry, naming: Naming, rows: Sequence[Any]
) -> list[Change]:
    columns = [name for name in shape.words if name not in entry.fixed]
    changes = [(row, naming.changes(row, columns, entry.blanks)) for row in rows]
    if entry.of_user is OfUser.DELETED:
        await _drop(session, shape, rows)
        return changes
    changed = [one for one in changes if one[1]]
    for row, values in changed:
        statement = shape.change(list(values))
        key = [row[name] for name in shape.names]
        await session.connection.execute(statement, session.workspace_id, *key, *values.values())
    return changed


async def _drop(session: Session, shape: Shape, rows: Sequence[Any]) -> None:
    for row in rows:
        key = [row[name] for name in shape.names]
        await session.connection.execute(shape.drop(), session.workspace_id, *key)


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
        (row["execution_id"], new["execution_id"]) for row, new in changed if "execution_id" in new
    ]
    if ids:
        old, new = map(list, zip(*ids, strict=True))
        await session.connection.execute(QUERIES["rename_keys"], session.workspace_id, old, new)
