"""Recounts cells: the shortest and finest from facts, each other from those before it."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.warehouse.database import Database
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.kept import gone_facts_passed_over, times_before
from services.warehouse.rollups.kinds import Kind, calculable_from, kind_of
from services.warehouse.rollups.ledger import lock_workspace, take_sort
from services.warehouse.rollups.levels import ALL_SORTS, Level, Sort
from services.warehouse.rollups.rolling import Pace, is_unchanged
from services.warehouse.rollups.spans import Span, Spans, between, to_microseconds
from services.warehouse.rollups.tables import Cell


@dataclass(frozen=True)
class Difference:
    """A cell that is not what it has to be, and the columns that differ. Without columns, it is
    missing, or there should be none."""

    place: Mapping[str, Any]
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
        """All cells that are said to agree, of an interval or of all time, as far as what they
        follow from is kept."""
        for sort in ALL_SORTS:
            for span in await self._claimed(workspace_id, sort, asked):
                pace = Pace(sort.whole.length)
                for part in pace.parts(span):
                    verified = None
                    with gone_facts_passed_over():
                        verified = await self._verify_part(workspace_id, sort, part, repair=repair)
                    if verified is None:
                        continue
                    pace.adapt(verified.cells * kind_of(sort).heft)
                    yield verified

    async def _claimed(self, workspace_id: str, sort: Sort, asked: Interval | None) -> Spans:
        async with self._database.reading(workspace_id) as session:
            fixed = times_before(calculable_from(sort, session.horizon))
            claimed = session.rolled.get(sort, Spans()) - fixed
        if asked is None:
            return claimed
        # As wide for all: each is only right if those are that it follows from.
        return claimed & Level.WEEK.around(between(asked.start, asked.end))

    async def _verify_part(
        self, workspace_id: str, sort: Sort, span: Span, *, repair: bool
    ) -> Verified:
        kind = kind_of(sort)
        async with self._database.reading(workspace_id) as session:
            revision = session.revision
            claimed = Spans((span,)) & session.rolled.get(sort, Spans())
            there = _within(kind, claimed, await kind.table.stored(session, sort, span))
            calculated = await kind.calculate(session, sort, span)
        # Those that are not claimed any more may be anything.
        needed = _within(kind, claimed, calculated)
        differences = tuple(_differences(kind, there, needed))
        is_repaired = bool(differences) and repair
        if is_repaired:
            is_repaired = await self._repair(workspace_id, sort, span, calculated, revision)
        return Verified(sort, len(needed), differences, is_repaired)

    async def _repair(
        self, workspace_id: str, sort: Sort, span: Span, needed: Sequence[Cell], revision: int
    ) -> bool:
        """False if it has changed meanwhile, and is left to be rolled up again."""
        async with self._database.writing(workspace_id) as session:
            await lock_workspace(session)
            if await is_unchanged(session, kind_of(sort).basis(span), revision):
                await kind_of(sort).table.replace(session, sort, span, needed)
                return True
            await take_sort(session, sort, Spans((span,)))
            return False


def _within(kind: Kind, times: Spans, cells: Sequence[Cell]) -> list[Cell]:
    """The cells that begin in some times."""
    start = kind.table.place.index("start")
    return [
        cell
        for cell in cells
        if any(first <= to_microseconds(cell[start]) < last for first, last in times)
    ]


def _differences(kind: Kind, there: Sequence[Cell], needed: Sequence[Cell]) -> Iterator[Difference]:
    width = len(kind.table.place)
    ours, theirs = ({cell[:width]: cell[width:] for cell in cells} for cells in (there, needed))
    for place in {**ours, **theirs}:
        one, other = ours.get(place), theirs.get(place)
        if one != other:
            named = dict(zip(kind.table.place, place, strict=True))
            yield Difference(named, _differing(kind.table.columns[width:], one, other))


def _differing(columns: Sequence[str], one: Cell | None, other: Cell | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ()
    return tuple(name for name, a, b in zip(columns, one, other, strict=True) if a != b)
