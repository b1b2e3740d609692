"""Values of groups and buckets: the engine behind every answer.

A question is planned first: cells answer the parts of its interval that they agree with the facts
about, and the facts themselves the rest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.warehouse.database import Session, plan_by_values
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.cost import check_cost, narrowable_fields
from services.warehouse.queries.kept import check_kept
from services.warehouse.queries.labels import Label
from services.warehouse.queries.measures import Measure
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.sources import EXECUTIONS, Source, arms
from services.warehouse.rollups.levels import Level
from services.warehouse.rollups.planning import Plan, Wanted, plan
from services.warehouse.rollups.spans import Spans, between, to_microseconds
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
# Beyond so much time that is read from facts, it matters how they are read. The ends of an interval
# and of the period before it, which are amid hours, are less.
FEW_FACTS = 4 * Level.HOUR.length


@dataclass(frozen=True)
class GroupedQuery:
    """What to calculate, over which facts, by which groups. `after` is the last key seen.

    With a total, a last row tells the same of all groups together.
    """

    selection: Selection
    measures: Sequence[Measure]
    labels: Sequence[Label] = ()
    buckets: Buckets | None = None
    limit: int | None = None
    after: tuple[Any, ...] = ()
    source: Source = EXECUTIONS
    with_total: bool = False


class GroupedRow(NamedTuple):
    """The values of one group in one bucket. Keys order the rows."""

    key: tuple[Any, ...]
    labels: dict[str, str]
    bucket: int | None
    values: tuple[Any, ...]


Over = Callable[[str, Parameters], str]
"""A statement over the rows of another, which call their keys key_1, key_2 and so on, and what
their measures are made of value_1, value_2 and so on."""


async def fetch_grouped(session: Session, query: GroupedQuery) -> list[GroupedRow]:
    """Rows in the order of their keys, at most `limit`; without keys, always exactly one."""
    rows = await fetch_over_groups(session, query, lambda groups, _: _in_order(query, groups))
    return rows_of(query, rows)


async def fetch_over_groups(session: Session, query: GroupedQuery, over: Over) -> list[Any]:
    """What the database makes of the groups, in which there may be more of them than anybody should
    fetch. They come in no order, and all of them."""
    parameters = Parameters(session.workspace_id)
    planned = _plan(session, query)
    check_kept(planned.facts, query.source.gone(session.horizon))
    statement = over(_statement(query, planned, parameters), parameters)
    if planned.facts.length > FEW_FACTS:
        await plan_by_values(session)
        await _check_cost(session, query, planned.facts, over)
    rows: list[Any] = await session.connection.fetch(statement, *parameters.values)
    return rows


def rows_of(query: GroupedQuery, found: Iterable[Any]) -> list[GroupedRow]:
    """Of what a statement over the groups has found, whatever else that tells behind them."""
    return _rows(query, _columns(query), [tuple(row) for row in found])


async def _check_cost(session: Session, query: GroupedQuery, facts: Spans, over: Over) -> None:
    """By all that lies between: the planner knows nothing of spans that are given as a list."""
    parameters, hull = Parameters(session.workspace_id), facts.hull
    statement = over(_statement(query, Plan(facts=hull), parameters), parameters)
    narrowable = narrowable_fields(query.selection.filter, query.labels, query.measures)
    share = facts.length / hull.length
    await check_cost(session, statement, parameters.values, list(narrowable), share)


def _plan(session: Session, query: GroupedQuery) -> Plan:
    interval = query.selection.interval
    starts = query.buckets.starts if query.buckets else ()
    wanted = Wanted(
        times=between(interval.start, interval.end),
        keys=_keys_of_cells(query),
        bounds=[to_microseconds(start) for start in starts],
        longest=min((label.longest for label in query.labels), key=_length, default=Level.WEEK),
        sorts=query.source.sorts,
        apart=_keys_apart(query),
    )
    return plan(wanted, session.rolled)


def _keys_apart(query: GroupedQuery) -> frozenset[str]:
    """What groups differ in; a total differs from none."""
    if query.with_total:
        return frozenset()
    return frozenset().union(*(label.keys or () for label in query.labels))


def _length(level: Level) -> int:
    return level.length


def _keys_of_cells(query: GroupedQuery) -> frozenset[str] | None:
    """What cells must tell apart to answer; None if they cannot."""
    keys = query.source.keys(query.selection)
    if keys is None or any(one.of_facts for one in query.measures):
        return None
    of_labels = [label.keys for label in query.labels if label.keys is not None]
    if len(of_labels) < len(query.labels):
        return None
    return keys.union(*of_labels, *(one.keys for one in query.measures))


def _columns(query: GroupedQuery) -> list[str]:
    return list(dict.fromkeys(column for one in query.measures for column in one.columns))


def _statement(query: GroupedQuery, planned: Plan, parameters: Parameters) -> str:
    keys = _keys(query, parameters)
    numbers = _numbers(query)
    named = [*_named("key", keys), *_named("value", _columns(query))]
    return QUERIES["grouped" if keys else "whole"].format(
        columns=",\n    ".join(named),
        arms=arms(query.source, query.selection, planned, parameters),
        beyond=_beyond(query.after, keys, parameters),
        groups=QUERIES["with_total"].format(keys=numbers) if query.with_total else numbers,
    )


def _in_order(query: GroupedQuery, groups: str) -> str:
    keys, limit = _numbers(query), "all" if query.limit is None else query.limit
    return QUERIES["in_order"].format(groups=groups, keys=keys, limit=limit) if keys else groups


def _numbers(query: GroupedQuery) -> str:
    return ", ".join(str(number) for number in range(1, _width(query) + 1))


def _width(query: GroupedQuery) -> int:
    """How many keys tell groups apart."""
    return len(query.labels) + (query.buckets is not None)


def _named(kind: str, expressions: Sequence[str]) -> list[str]:
    return [f"{one} as {kind}_{number}" for number, one in enumerate(expressions, start=1)]


def _keys(query: GroupedQuery, parameters: Parameters) -> list[str]:
    keys = [label.expression(parameters) for label in query.labels]
    if query.buckets is not None:
        starts = parameters.bind(list(query.buckets.starts))
        keys.append(QUERIES["by_bucket"].format(starts=starts))
    return keys


def _beyond(after: tuple[Any, ...], keys: Sequence[str], parameters: Parameters) -> str:
    """Narrows to the rows behind a key, before anything is aggregated."""
    if not after:
        return QUERIES["everything"]
    seen = ", ".join(parameters.bind(value) for value in after)
    return QUERIES["beyond"].format(keys=", ".join(keys), seen=seen)


def _rows(
    query: GroupedQuery, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> list[GroupedRow]:
    width = _width(query)
    found = {column: [row[width + i] for row in rows] for i, column in enumerate(columns)}
    finished = [one.finish(*(found[column] for column in one.columns)) for one in query.measures]
    values = zip(*finished, strict=True) if finished else (() for _ in rows)
    return [_row(query, row[:width], of_row) for row, of_row in zip(rows, values, strict=True)]


def _row(query: GroupedQuery, key: tuple[Any, ...], values: tuple[Any, ...]) -> GroupedRow:
    named = zip(query.labels, key, strict=False)
    return GroupedRow(
        key=key,
        labels={label.name: value for label, value in named if value not in ("", None)},
        bucket=key[-1] if query.buckets is not None else None,
        values=values,
    )
