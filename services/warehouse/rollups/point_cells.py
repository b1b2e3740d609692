"""Cells of metric points as they are stored, and how they follow from shorter ones or facts."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from itertools import groupby
from operator import add

from services.warehouse.database import Session
from services.warehouse.facts.horizon import Horizon
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.kept import check_kept
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.sources import arms
from services.warehouse.rollups.cells import Weight
from services.warehouse.rollups.levels import OF_POINTS, Level, Sort
from services.warehouse.rollups.planning import cover
from services.warehouse.rollups.spans import Span, Spans, to_microseconds, to_time
from services.warehouse.rollups.tables import Cell, CellTable
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
PLACE = ("level", "start", "metric_type")
COLUMNS = (*PLACE, "points", "total", "least", "most", "latest_at", "latest")
TABLE = CellTable("point_cells", PLACE, COLUMNS)


class EveryPoint:
    """Points of all metrics. A Source."""

    sorts = OF_POINTS

    def keys(self, _selection: Selection) -> frozenset[str] | None:
        return frozenset({"metric_type"})

    def units(self, where: str, _parameters: Parameters) -> str:
        return QUERIES["units"].format(where=where)

    def cells(self, where: str, _parameters: Parameters) -> str:
        return QUERIES["cells"].format(where=where)

    def condition(self, _selection: Selection, _parameters: Parameters) -> str:
        return QUERIES["everything"]

    def gone(self, horizon: Horizon) -> datetime | None:
        return horizon.points_from


async def weigh(session: Session, sort: Sort, span: Span) -> Weight:
    text, parameters = _arms(session, sort, span)
    starts = [to_time(start) for start in sort.level.starts(Spans((span,)))]
    statement = QUERIES["weighed"].format(arms=text, starts=parameters.bind(starts))
    row = await session.connection.fetchrow(statement, *parameters.values)
    return Weight(**dict(row or {}))


async def calculate(session: Session, sort: Sort, span: Span) -> list[Cell]:
    """What the cells of a span have to be, by all that they follow from.

    Always by the same steps, points to hours to days to weeks, whichever of those are there: sums
    of floating numbers depend on the order.
    """
    text, parameters = _arms(session, sort, span)
    statement = QUERIES["pieces"].format(arms=text)
    rows = await session.connection.fetch(statement, *parameters.values)
    cells = [tuple(row) for row in rows]
    for level in (one.level for one in OF_POINTS[1 : OF_POINTS.index(sort) + 1]):
        cells = _folded(cells, level)
    return cells


def _folded(cells: Sequence[Cell], level: Level) -> list[Cell]:
    """Shorter cells as cells of a level; those of it are left as they are."""
    grouped = groupby(cells, key=lambda cell: (cell[2], level.floor(to_microseconds(cell[1]))))
    return [_sum(list(parts), level, to_time(start)) for (_, start), parts in grouped]


def _sum(parts: Sequence[Cell], level: Level, start: datetime) -> Cell:
    if parts[0][0] == level.value:
        return parts[0]
    metric_type = parts[0][2]
    _, _, _, points, totals, least, most, _, _ = zip(*parts, strict=True)
    latest_at, latest = max(part[-2:] for part in parts)
    total = reduce(add, totals)
    return (
        level.value,
        start,
        metric_type,
        sum(points),
        total,
        min(least),
        max(most),
        latest_at,
        latest,
    )


def _arms(session: Session, sort: Sort, span: Span) -> tuple[str, Parameters]:
    """All that they follow from, as SQL."""
    parameters = Parameters(session.workspace_id)
    shorter = reversed(OF_POINTS[: OF_POINTS.index(sort)])
    planned = cover(Spans((span,)), shorter, session.rolled)
    check_kept(planned.facts, session.horizon.points_from)
    selection = Selection(Interval(to_time(span[0]), to_time(span[1])))
    return arms(EveryPoint(), selection, planned, parameters), parameters
