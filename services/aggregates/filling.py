"""What stands in buckets without facts. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from itertools import groupby, pairwise
from typing import Any

from services.warehouse.queries.aggregation import (
    MAX_ROWS,
    AggregateQuery,
    Aggregation,
    Function,
    too_many_rows,
)
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.grouped import GroupedRow

COUNTS = (Function.COUNT, Function.DISTINCT)


class GapFill(IntEnum):
    """The contract's choices, by its numbers."""

    NONE = 0
    EMPTY = 1
    ZERO = 2
    PREVIOUS = 3
    LINEAR = 4


@dataclass(frozen=True)
class FilledRow:
    """A row of the answer; `filled` if no fact stands behind it."""

    labels: dict[str, str]
    bucket: int | None
    values: tuple[Any, ...]
    filled: bool = False


def fill(rows: Sequence[GroupedRow], query: AggregateQuery, choice: GapFill) -> list[FilledRow]:
    """All rows, with every bucket of every group if a choice of filling was made."""
    if choice is GapFill.NONE or query.buckets is None:
        return [FilledRow(row.labels, row.bucket, row.values) for row in rows]
    groups = [list(group) for _, group in groupby(_seen(rows, query), key=lambda r: r.key[:-1])]
    if len(groups) * len(query.buckets.starts) > MAX_ROWS:
        raise too_many_rows()
    return [row for group in groups for row in _fill_group(group, query, choice)]


def _seen(rows: Sequence[GroupedRow], query: AggregateQuery) -> Sequence[GroupedRow]:
    """A request without groups is about one group, even if that has no facts at all."""
    if rows or query.dimensions or query.tags:
        return rows
    return [GroupedRow(key=(0,), labels={}, bucket=0, values=())]


def _fill_group(
    group: list[GroupedRow], query: AggregateQuery, choice: GapFill
) -> Iterator[FilledRow]:
    known = {row.bucket: row for row in group if row.bucket}
    numbers = range(1, _count(query.buckets) + 1)
    columns = [
        _column([known[n].values[i] if n in known else None for n in numbers], aggregation, choice)
        for i, aggregation in enumerate(query.aggregations)
    ]
    for index, number in enumerate(numbers):
        if number in known:
            yield FilledRow(group[0].labels, number, known[number].values)
        else:
            values = tuple(column[index] for column in columns)
            yield FilledRow(group[0].labels, number, values, filled=True)


def _count(buckets: Buckets | None) -> int:
    return len(buckets.starts) if buckets else 0


def _column(values: list[Any], aggregation: Aggregation, choice: GapFill) -> list[Any]:
    if choice is GapFill.PREVIOUS:
        return _previous(values)
    if choice is GapFill.LINEAR:
        return _linear(values)
    if choice is GapFill.ZERO or aggregation.function in COUNTS:
        return [_zero(values, aggregation)] * len(values)
    return [None] * len(values)


def _zero(values: list[Any], aggregation: Aggregation) -> int | float | Decimal:
    """Zero of the kind that the aggregation's values have."""
    if aggregation.function in COUNTS:
        return 0
    return next((type(value)(0) for value in values if value is not None), 0.0)


def _previous(values: list[Any]) -> list[Any]:
    last = None
    carried = []
    for value in values:
        last = value if value is not None else last
        carried.append(last)
    return carried


def _linear(values: list[Any]) -> list[Any]:
    """On the line between neighbours; whole numbers and decimals leave their kind for a real."""
    filled = list(values)
    known = [index for index, value in enumerate(values) if value is not None]
    for left, right in pairwise(known):
        low, high = float(values[left]), float(values[right])
        for index in range(left + 1, right):
            filled[index] = low + (high - low) * (index - left) / (right - left)
    return filled
