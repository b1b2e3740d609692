"""Cells as they are stored, and how they follow from shorter ones or from facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from types import MappingProxyType

from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.grouped import (
    GroupedQuery,
    GroupedRow,
    fetch_grouped,
    fetch_over_groups,
)
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.labels import dimension
from services.warehouse.queries.measures import Column, Measure, in_sql
from services.warehouse.queries.packed import DURATIONS, USERS, calculated_percentiles
from services.warehouse.queries.selection import Selection
from services.warehouse.rollups import users
from services.warehouse.rollups.durations import Distribution, Distributions
from services.warehouse.rollups.levels import KEYS, SORTS, Cuboid, Level, Sort
from services.warehouse.rollups.spans import Span, Spans, to_time
from services.warehouse.rollups.tables import Cell, CellTable
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)

FIELDS = (
    "duration",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "total_tokens",
    "cost",
    "credits",
    "user_rating",
    "tool_calls",
)
STATUSES = ("running", "succeeded", "failed", "timed_out", "cancelled")
ERRORS = (
    "timeout",
    "rate_limit",
    "validation",
    "model_error",
    "network",
    "auth",
    "resource",
    "user_error",
    "unknown",
)
COUNTS = (
    "executions",
    *STATUSES,
    *(f"errors_{name}" for name in ERRORS),
    *(f"{field}_known" for field in (*FIELDS, "user", "model", "conversation")),
    *(f"user_rating_{grade}" for grade in range(1, 6)),
)
NUMBERS = {
    **{f"{field}_{what}": "sum" for field in FIELDS for what in ("sum", "squares")},
    "duration_sum_succeeded": "sum",
    "duration_sum_decided": "sum",
    **{f"{field}_{what}": what for field in FIELDS for what in ("min", "max")},
}


def _packed_durations(packed: Column, single: Column) -> list[bytes]:
    rows = zip(packed, single, strict=True)
    return Distributions([Distribution(some or (), one or b"") for some, one in rows]).packed()


def _packed_users(sketches: Column, hashes: Column) -> list[bytes]:
    return [
        users.merge(some or (), others or b"")
        for some, others in zip(sketches, hashes, strict=True)
    ]


def _in_sql(kind: str, column: str) -> Measure:
    return in_sql(QUERIES[kind].format(column=column))


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        **{column: _in_sql("counts", column) for column in COUNTS},
        **{column: _in_sql(f"numbers_{what}", column) for column, what in NUMBERS.items()},
        "last_started_at": _in_sql("last", "last_started_at"),
        "duration_bins": Measure(DURATIONS, _packed_durations),
        "users": Measure(USERS, _packed_users),
    }
)


def _with_numbers(query: str) -> list[str]:
    """The columns, exact numbers in the words of a query."""
    return [
        QUERIES[query].format(column=column) if column in NUMBERS else column for column in COLUMNS
    ]


# For who asks by hours, days or weeks.
OF_SINGLE_CELLS = (Level.HOUR, Level.DAY, Level.WEEK)

PLACE = ("level", "cuboid", "start", *KEYS)
COLUMNS = (*PLACE, *MEASURES, "duration_percentiles")

TABLE = CellTable(
    "execution_cells",
    PLACE,
    COLUMNS,
    read=tuple(_with_numbers("stored_number")),
    written=tuple(_with_numbers("number")),
)

_EXECUTIONS = COLUMNS.index("executions")


@dataclass(frozen=True)
class Weight:
    """How many runs would be in how many cells."""

    cells: int
    runs: int


def executions_of(cell: Cell) -> int:
    return int(cell[_EXECUTIONS])


async def calculate(session: Session, sort: Sort, span: Span) -> list[Cell]:
    """What the cells of a span have to be, by all that they follow from."""
    starts, measures = _starts(sort, span), list(MEASURES.values())
    if tells_percentiles(sort):
        measures.append(calculated_percentiles())
    rows = await fetch_grouped(_unbounded(session, sort), _query(sort, span, measures))
    return [cell_of(sort, starts[row.key[-1] - 1], row) for row in rows]


async def weigh(session: Session, sort: Sort, span: Span) -> Weight:
    """What it would be worth to calculate them, which may be more than anybody should fetch."""
    query = _query(sort, span, [MEASURES["executions"]])
    [row] = await fetch_over_groups(_unbounded(session, sort), query, _weighed)
    return Weight(**dict(row))


def _weighed(groups: str, _parameters: Parameters) -> str:
    return QUERIES["weighed"].format(groups=groups)


def _unbounded(session: Session, sort: Sort) -> Session:
    """Reads shorter and finer cells only. However much there is in a cell, it has to be rolled
    up."""
    before = SORTS[: SORTS.index(sort)]
    rolled = {one: session.rolled[one] for one in before if one in session.rolled}
    return replace(session, rolled=rolled, cost_limit=inf)


def _query(sort: Sort, span: Span, measures: Sequence[Measure]) -> GroupedQuery:
    starts = _starts(sort, span)
    return GroupedQuery(
        Selection(Interval(starts[0], to_time(span[1]))),
        measures=measures,
        labels=[dimension(key) for key in sort.cuboid.keys],
        buckets=Buckets(tuple(starts), to_time(span[1])),
    )


def _starts(sort: Sort, span: Span) -> list[datetime]:
    return [to_time(start) for start in sort.level.starts(Spans((span,)))]


def tells_percentiles(sort: Sort) -> bool:
    return sort.level in OF_SINGLE_CELLS and sort.cuboid is not Cuboid.FINE


def cell_of(sort: Sort, start: datetime, row: GroupedRow) -> Cell:
    known = dict(zip(sort.cuboid.keys, row.key, strict=False))
    values = row.values if tells_percentiles(sort) else (*row.values, None)
    return (*sort, start, *(known.get(key, "") for key in KEYS), *values)
