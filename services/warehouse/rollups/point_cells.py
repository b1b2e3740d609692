"""Cells of metric points as they are stored, and how they follow from shorter ones or facts."""

from collections.abc import Sequence
from typing import Any

from services.warehouse.database import Session
from services.warehouse.facts.staging import stage
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.sources import arms
from services.warehouse.rollups.cells import Weight
from services.warehouse.rollups.levels import OF_POINTS, Sort
from services.warehouse.rollups.planning import cover
from services.warehouse.rollups.spans import Span, Spans, to_time
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
PLACE = ("level", "start", "metric_type")
COLUMNS = (*PLACE, "points", "total", "least", "most", "latest_at", "latest")

Cell = tuple[Any, ...]
"""The values of COLUMNS."""


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


async def weigh(session: Session, sort: Sort, span: Span) -> Weight:
    statement, values = _statement("weighed", session, sort, span)
    row = await session.connection.fetchrow(statement, *values)
    return Weight(**dict(row or {}))


async def calculate(session: Session, sort: Sort, span: Span) -> list[Cell]:
    """What the cells of a span have to be, by all that they follow from."""
    starts = sort.level.starts(Spans((span,)))
    statement, values = _statement("calculated", session, sort, span)
    rows = await session.connection.fetch(statement, *values)
    return [(sort.level.value, to_time(starts[row[0] - 1]), *tuple(row)[1:]) for row in rows]


def _statement(name: str, session: Session, sort: Sort, span: Span) -> tuple[str, Sequence[object]]:
    parameters = Parameters(session.workspace_id)
    shorter = reversed(OF_POINTS[: OF_POINTS.index(sort)])
    planned = cover(Spans((span,)), shorter, session.rolled)
    selection = Selection(Interval(to_time(span[0]), to_time(span[1])))
    starts = [to_time(start) for start in sort.level.starts(Spans((span,)))]
    statement = QUERIES[name].format(
        arms=arms(EveryPoint(), selection, planned, parameters), starts=parameters.bind(starts)
    )
    return statement, parameters.values


async def stored(session: Session, sort: Sort, span: Span) -> list[Cell]:
    """What the cells of a span are."""
    statement = QUERIES["stored"].format(columns=", ".join(COLUMNS))
    rows = await session.connection.fetch(statement, *_at(session, sort, span))
    return [tuple(row) for row in rows]


async def replace_points(session: Session, sort: Sort, span: Span, needed: Sequence[Cell]) -> None:
    await session.connection.execute(QUERIES["remove"], *_at(session, sort, span))
    if needed:
        await stage(session, "point_cells", COLUMNS, needed)
        statement = QUERIES["insert"].format(columns=", ".join(COLUMNS))
        await session.connection.execute(statement, session.workspace_id)


def _at(session: Session, sort: Sort, span: Span) -> tuple[Any, ...]:
    return session.workspace_id, sort.level.value, to_time(span[0]), to_time(span[1])
