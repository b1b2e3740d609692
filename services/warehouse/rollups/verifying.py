"""Recounts cells: the shortest and finest from facts, each other from those before it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.warehouse.database import Database
from services.warehouse.facts.changes import latest_revision
from services.warehouse.queries.interval import Interval
from services.warehouse.rollups.cells import COLUMNS, PLACE, Cell, calculate, replace_cells, stored
from services.warehouse.rollups.ledger import lock_workspace, take_sort
from services.warehouse.rollups.levels import SORTS, Sort
from services.warehouse.rollups.rolling import Pace, is_unchanged
from services.warehouse.rollups.spans import Span, Spans, between


@dataclass(frozen=True)
class Difference:
    """A cell that is not what it has to be, and the columns that differ. Without columns, it is
    missing, or there should be none."""

    place: Cell
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """What was found about cells of one sort in a part of the time."""

    sort: Sort
    cells: int
    differences: tuple[Difference, ...]
    is_repaired: bool


class Verifier:
    """Compares what cells are with what they have to be, in a snapshot of both."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def verify(
        self, workspace_id: str, asked: Interval | None, *, repair: bool
    ) -> AsyncIterator[Verified]:
        """All cells that are said to agree, of an interval or of all time."""
        for sort in SORTS:
            for span in await self._claimed(workspace_id, sort, asked):
                pace = Pace(sort.whole.length)
                for part in pace.parts(span):
                    verified = await self._verify_part(workspace_id, sort, part, repair=repair)
                    pace.adapt(verified.cells)
                    yield verified

    async def _claimed(self, workspace_id: str, sort: Sort, asked: Interval | None) -> Spans:
        async with self._database.reading(workspace_id) as session:
            claimed = session.rolled.get(sort, Spans())
        if asked is None:
            return claimed
        return claimed & sort.whole.around(between(asked.start, asked.end))

    async def _verify_part(
        self, workspace_id: str, sort: Sort, span: Span, *, repair: bool
    ) -> Verified:
        async with self._database.reading(workspace_id) as session:
            revision = await latest_revision(session)
            there, needed = await stored(session, sort, span), await calculate(session, sort, span)
            # Those that are not claimed any more may be anything.
            is_claimed = not Spans((span,)) - session.rolled.get(sort, Spans())
        differences = tuple(_differences(there, needed)) if is_claimed else ()
        if differences and repair:
            await self._repair(workspace_id, sort, span, needed, revision)
        return Verified(sort, len(needed), differences, bool(differences) and repair)

    async def _repair(
        self, workspace_id: str, sort: Sort, span: Span, needed: Sequence[Cell], revision: int
    ) -> None:
        """What has changed meanwhile is left to be rolled up again."""
        async with self._database.writing(workspace_id) as session:
            await lock_workspace(session)
            if await is_unchanged(session, span, revision):
                await replace_cells(session, sort, span, needed)
            else:
                await take_sort(session, sort, Spans((span,)))


def _differences(there: Sequence[Cell], needed: Sequence[Cell]) -> list[Difference]:
    width = len(PLACE)
    ours, theirs = ({cell[:width]: cell[width:] for cell in cells} for cells in (there, needed))
    differing = [place for place in {**ours, **theirs} if ours.get(place) != theirs.get(place)]
    return [
        Difference(place, _differing(ours.get(place), theirs.get(place))) for place in differing
    ]


def _differing(one: Cell | None, other: Cell | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ()
    named = zip(COLUMNS[len(PLACE) :], one, other, strict=True)
    return tuple(name for name, a, b in named if a != b)
