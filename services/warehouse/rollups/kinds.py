"""The kinds of cells: what rolling up and verifying need to know of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from services.warehouse.database import Session
from services.warehouse.facts.horizon import Horizon
from services.warehouse.rollups import cells, point_cells, profile_cells
from services.warehouse.rollups.cells import Weight
from services.warehouse.rollups.ledger import first_point, first_run
from services.warehouse.rollups.levels import LONGEST_RUN, Cuboid, Level, Sort
from services.warehouse.rollups.spans import Span
from services.warehouse.rollups.tables import Cell, CellTable


@dataclass(frozen=True)
class Kind:
    """Where its cells are kept, how to weigh and calculate those of a span, the time whose facts
    they follow from, and when the first of those was.

    A cell is as much work as so many of runs: its `heft`.
    """

    table: CellTable
    weigh: Callable[[Session, Sort, Span], Awaitable[Weight]]
    calculate: Callable[[Session, Sort, Span], Awaitable[list[Cell]]]
    basis: Callable[[Span], Span]
    first: Callable[[Session], Awaitable[datetime | None]]
    heft: int


OF_RUNS = Kind(
    table=cells.TABLE,
    weigh=cells.weigh,
    calculate=cells.calculate,
    basis=lambda span: span,
    first=first_run,
    heft=1,
)
OF_PROFILES = Kind(
    table=profile_cells.TABLE,
    weigh=profile_cells.weigh,
    calculate=profile_cells.calculate,
    # Runs that began before may last into it.
    basis=lambda span: (span[0] - LONGEST_RUN, span[1]),
    first=first_run,
    heft=4,
)


OF_POINTS = Kind(
    table=point_cells.TABLE,
    weigh=point_cells.weigh,
    calculate=point_cells.calculate,
    basis=lambda span: span,
    first=first_point,
    heft=1,
)


def calculable_from(sort: Sort, horizon: Horizon) -> datetime | None:
    """Before that, what its cells follow from may be gone: they stay as they are."""
    match sort.level:
        case Level.SLOT | Level.HOUR:
            is_of_points = sort.cuboid is Cuboid.METRIC
            return horizon.points_from if is_of_points else horizon.runs_from
        case Level.QUARTER_DAY | Level.DAY:
            return horizon.hours_from
        case Level.WEEK:
            return horizon.days_from


def kind_of(sort: Sort) -> Kind:
    match sort.cuboid:
        case Cuboid.PROFILE:
            return OF_PROFILES
        case Cuboid.METRIC:
            return OF_POINTS
        case _:
            return OF_RUNS
