"""Adds to the cells that writers keep right."""

from collections.abc import Iterable, Mapping, Sequence

from services.warehouse.database import Session
from services.warehouse.facts.model import RunChange, Status
from services.warehouse.rollups.adding import CellChange, Key, Outcome, add, by_cell, new_users
from services.warehouse.rollups.cells import executions_of
from services.warehouse.rollups.kept import (
    fetch_cells,
    fetch_hashes,
    remove_cells,
    running_anew,
    store_cells,
)
from services.warehouse.rollups.ledger import agreeing
from services.warehouse.rollups.levels import KEPT, Level
from services.warehouse.rollups.spans import Spans, spans_of
from services.warehouse.rollups.tables import Cell

# To change a cell, which is wide, takes about as long as to store RUNS_A_CELL runs, and the
# workspace's other writers wait: where there are hardly more runs than cells, readers take the runs
# themselves. A change of FEW_CELLS is done in some hundredths of a second.
FEW_CELLS, RUNS_A_CELL = 64, 8
# Among more than that, no writer looks for those that are left.
MANY_RUNNING = 2_000


async def keep(session: Session, changes: Sequence[RunChange], touched: Spans) -> Spans:
    """Lets fine cells follow; the hours among those that were touched of which all do. Needs the
    workspace's lock."""
    times = touched & await agreeing(session, KEPT)
    cells = by_cell(changes, times) if times else {}
    if len(cells) > max(FEW_CELLS, len(changes) // RUNS_A_CELL):
        return Spans()
    lost = await _change(session, cells) if cells else set()
    return times - _hours(lost)


async def _change(session: Session, changes: Mapping[Key, CellChange]) -> set[int]:
    """The starts of hours that cannot follow, of which nothing is written."""
    stored = await fetch_cells(session, changes)
    users = new_users(changes.values())
    hashes = await fetch_hashes(session, users) if users else {}
    outcome = await _with_running(session, add(changes, stored, hashes), stored)
    lost = {key.start for key in outcome.untold}
    await store_cells(session, [c for key, c in outcome.cells.items() if key.start not in lost])
    await remove_cells(session, [key for key in outcome.empty if key.start not in lost])
    return lost


async def _with_running(session: Session, outcome: Outcome, stored: Mapping[Key, Cell]) -> Outcome:
    """Runs end, and their cells do not tell what is left: the facts do."""
    running = {key for key in outcome.untold & stored.keys() if key.status == Status.RUNNING}
    if sum(executions_of(stored[key]) for key in running) > MANY_RUNNING:
        return outcome
    found: dict[Key, Cell] = {}
    for start in sorted({key.start for key in running}):
        found |= await running_anew(session, start, {k for k in running if k.start == start})
    return Outcome(
        cells=outcome.cells | found,
        empty=outcome.empty | (running - found.keys()),
        untold=outcome.untold - running,
    )


def _hours(starts: Iterable[int]) -> Spans:
    return spans_of((start, start + Level.HOUR.length) for start in starts)
