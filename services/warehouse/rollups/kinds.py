"""The kinds of cells: what rolling up and verifying need to know of each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.warehouse.database import Session
from services.warehouse.rollups import cells, profile_cells
from services.warehouse.rollups.cells import Weight
from services.warehouse.rollups.levels import LONGEST_RUN, Cuboid, Sort
from services.warehouse.rollups.spans import Span

Cell = tuple[Any, ...]


@dataclass(frozen=True)
class Kind:
    """What a cell is made of, first of all its place; how to weigh, calculate, look up and replace
    those of a span, and the time whose facts they follow from.

    A cell is as much work as so many of runs: its `heft`.
    """

    place: tuple[str, ...]
    columns: tuple[str, ...]
    weigh: Callable[[Session, Sort, Span], Awaitable[Weight]]
    calculate: Callable[[Session, Sort, Span], Awaitable[list[Cell]]]
    stored: Callable[[Session, Sort, Span], Awaitable[list[Cell]]]
    replace: Callable[[Session, Sort, Span, Sequence[Cell]], Awaitable[None]]
    basis: Callable[[Span], Span]
    heft: int


OF_RUNS = Kind(
    place=cells.PLACE,
    columns=cells.COLUMNS,
    weigh=cells.weigh,
    calculate=cells.calculate,
    stored=cells.stored,
    replace=cells.replace_cells,
    basis=lambda span: span,
    heft=1,
)
OF_PROFILES = Kind(
    place=profile_cells.PLACE,
    columns=profile_cells.STORED,
    weigh=profile_cells.weigh,
    calculate=profile_cells.calculate,
    stored=profile_cells.stored,
    replace=profile_cells.replace_profiles,
    # Runs that began before may last into it.
    basis=lambda span: (span[0] - LONGEST_RUN, span[1]),
    heft=4,
)


def kind_of(sort: Sort) -> Kind:
    return OF_PROFILES if sort.cuboid is Cuboid.PROFILE else OF_RUNS
