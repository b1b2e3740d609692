"""The kinds of cells: what rolling up and verifying need to know of each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.warehouse.database import Session
from services.warehouse.rollups import cells, point_cells, profile_cells
from services.warehouse.rollups.cells import Weight
from services.warehouse.rollups.ledger import first_point, first_run
from services.warehouse.rollups.levels import LONGEST_RUN, Cuboid, Sort
from services.warehouse.rollups.spans import Span

Cell = tuple[Any, ...]


@dataclass(frozen=True)
class Kind:
    """What a cell is made of, first of all its place; how to weigh, calculate, look up and replace
    those of a span, the time whose facts they follow from, and when the first of those was.

    A cell is as much work as so many of runs: its `heft`.
    """

    place: tuple[str, ...]
    columns: tuple[str, ...]
    weigh: Callable[[Session, Sort, Span], Awaitable[Weight]]
    calculate: Callable[[Session, Sort, Span], Awaitable[list[Cell]]]
    stored: Callable[[Session, Sort, Span], Awaitable[list[Cell]]]
    replace: Callable[[Session, Sort, Span, Sequence[Cell]], Awaitable[None]]
    basis: Callable[[Span], Span]
    first: Callable[[Session], Awaitable[datetime | None]]
    heft: int


OF_RUNS = Kind(
    place=cells.PLACE,
    columns=cells.COLUMNS,
    weigh=cells.weigh,
    calculate=cells.calculate,
    stored=cells.stored,
    replace=cells.replace_cells,
    basis=lambda span: span,
    first=first_run,
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
    first=first_run,
    heft=4,
)


OF_POINTS = Kind(
    place=point_cells.PLACE,
    columns=point_cells.COLUMNS,
    weigh=point_cells.weigh,
    calculate=point_cells.calculate,
    stored=point_cells.stored,
    replace=point_cells.replace_points,
    basis=lambda span: span,
    first=first_point,
    heft=1,
)


def kind_of(sort: Sort) -> Kind:
    match sort.cuboid:
        case Cuboid.PROFILE:
            return OF_PROFILES
        case Cuboid.METRIC:
            return OF_POINTS
        case _:
            return OF_RUNS
