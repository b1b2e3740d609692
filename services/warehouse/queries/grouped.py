"""Values of groups and buckets: the engine behind metrics and aggregates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)

Expression = Callable[[Parameters], str]
"""SQL whose values are bound to the statement that it becomes a part of."""


@dataclass(frozen=True)
class Label:
    """Something that groups have in common; the value "" stands for "not known"."""

    name: str
    expression: Expression


@dataclass(frozen=True)
class GroupedQuery:
    """What to calculate, over which facts, by which groups. `after` is the last key seen."""

    table: str
    condition: Expression
    labels: Sequence[Label]
    buckets: Buckets | None
    values: Sequence[Expression]
    limit: int
    after: tuple[Any, ...] = ()


@dataclass(frozen=True)
class GroupedRow:
    """The values of one group in one bucket. Keys order the rows."""

    key: tuple[Any, ...]
    labels: dict[str, str]
    bucket: int | None
    values: tuple[Any, ...]


def dimension(name: str) -> Label:
    """A dimension of executions, such as agent_id."""
    return Label(name, lambda _: QUERIES[f"by_{name}"])


def tag(key: str) -> Label:
    """A tag of metric points."""
    return Label(key, lambda parameters: QUERIES["by_tag"].format(key=parameters.bind(key)))


async def fetch_grouped(session: Session, query: GroupedQuery) -> list[GroupedRow]:
    """Rows in the order of their keys, at most `limit`; without keys, always exactly one."""
    parameters = Parameters(session.workspace_id)
    statement = _statement(query, parameters)
    rows = await session.connection.fetch(statement, *parameters.values)
    return [_row(query, tuple(row)) for row in rows]


def _statement(query: GroupedQuery, parameters: Parameters) -> str:
    keys = _keys(query, parameters)
    conditions = [query.condition(parameters), *_beyond(query.after, keys, parameters)]
    columns = [*keys, *(value(parameters) for value in query.values)]
    return QUERIES["grouped" if keys else "whole"].format(
        columns=",\n    ".join(columns),
        table=query.table,
        condition=" and ".join(conditions),
        keys=", ".join(str(number) for number in range(1, len(keys) + 1)),
        limit=query.limit,
    )


def _keys(query: GroupedQuery, parameters: Parameters) -> list[str]:
    keys = [label.expression(parameters) for label in query.labels]
    if query.buckets is not None:
        starts = parameters.bind(list(query.buckets.starts))
        keys.append(QUERIES[f"bucket_of_{query.table}"].format(starts=starts))
    return keys


def _beyond(after: tuple[Any, ...], keys: Sequence[str], parameters: Parameters) -> list[str]:
    """Narrows to the rows behind a key, before anything is aggregated."""
    if not after:
        return []
    seen = ", ".join(parameters.bind(value) for value in after)
    return [QUERIES["beyond"].format(keys=", ".join(keys), seen=seen)]


def _row(query: GroupedQuery, row: tuple[Any, ...]) -> GroupedRow:
    labelled = len(query.labels)
    width = labelled + (query.buckets is not None)
    named = zip((label.name for label in query.labels), row, strict=False)
    return GroupedRow(
        key=row[:width],
        labels={name: value for name, value in named if value != ""},
        bucket=row[labelled] if query.buckets is not None else None,
        values=row[width:],
    )
