"""Cells that tell of a user: made anew where there is what they follow from, else rewritten."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from services.warehouse.database import Session, sort_of
from services.warehouse.erasure.naming import Naming
from services.warehouse.erasure.shape import Page, Shape, page_of, shape_of
from services.warehouse.facts.changes import fetch_horizon, log_change
from services.warehouse.facts.horizon import Horizon
from services.warehouse.queries.kept import times_before
from services.warehouse.rollups import tallies, users
from services.warehouse.rollups.kept import fetch_hashes
from services.warehouse.rollups.kinds import calculable_from
from services.warehouse.rollups.ledger import lock_workspace, take_sort
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.spans import Spans, to_microseconds
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
PAGE = 1_000
"""Cells that are looked through at once: some megabytes."""
HOUR = timedelta(hours=1)
PACKED = MappingProxyType({"execution_cells": ("users",), "agent_profiles": ("users", "messages")})
# Longer cells may be made from shorter ones at any time, so those come first.
LEVELS = tuple(map(str, Level))

Rewrite = Mapping[str, Callable[[bytes], bytes]]
"""How each packed column is without the user."""


async def rewrite_page(
    session: Session, table: str, naming: Naming, after: Sequence[str] | None, rows: int = PAGE
) -> Page:
    """What follows a place: a level, from short to long, and behind it the rest of the key. Where
    to go on, or None at the end; and how many cells there were that told of the user."""
    level, *beyond = after or LEVELS[:1]
    marks, rewrite = await _rewriting(session, table, naming)
    shape = await shape_of(session, table)
    found = await session.connection.fetch(
        _look_through(table, shape, beyond),
        *(session.workspace_id, marks, level, min(rows, PAGE), *beyond),
    )
    hits, place = page_of(found, min(rows, PAGE), PAGE + 1)
    changed = await _change(session, shape, hits, rewrite) if hits else 0
    return ([level, *place] if place else _next_level(level)), changed


def _next_level(level: str) -> list[str] | None:
    longer = LEVELS[LEVELS.index(level) + 1 :]
    return list(longer[:1]) or None


async def _change(session: Session, shape: Shape, hits: Sequence[Any], rewrite: Rewrite) -> int:
    """Whoever rolls up from what these cells were does so again: the change is logged."""
    await lock_workspace(session)
    keys = [[row[name] for row in hits] for name in shape.names]
    rows = await session.connection.fetch(shape.lock(), session.workspace_id, *keys)
    changes = [(row, _rewritten(row, rewrite)) for row in rows]
    told = [(row, values) for row, values in changes if values]
    horizon = await fetch_horizon(session)
    for row, values in told:
        await _write(session, shape, row, {} if _is_calculable(row, horizon) else values)
    if told:
        await log_change(session, (hour for row, _ in told for hour in _hours(row)))
    return len(told)


async def _write(session: Session, shape: Shape, row: Any, values: Mapping[str, bytes]) -> None:
    """Without values, it is made anew by and by."""
    key = [row[name] for name in shape.names]
    if values:
        statement = shape.change(list(values))
        await session.connection.execute(statement, session.workspace_id, *key, *values.values())
    else:
        await take_sort(session, _sort(row), _whole(row))
        await session.connection.execute(shape.drop(), session.workspace_id, *key)


def _hours(row: Any) -> Iterator[datetime]:
    hours = max(_sort(row).level.length // Level.HOUR.length, 1)
    return (row["start"] + n * HOUR for n in range(hours))


async def _rewriting(session: Session, table: str, naming: Naming) -> tuple[list[bytes], Rewrite]:
    """One of the marks is in each cell of the user, and may be in others."""
    if table == "agent_profiles":
        return [naming.user_id.encode()], {
            "users": lambda packed: tallies.renamed(packed, naming.in_id),
            "messages": lambda packed: tallies.renamed(packed, naming.in_text),
        }
    hashes = await fetch_hashes(session, [naming.user_id, naming.pseudonym])
    old, new = hashes[naming.user_id], hashes[naming.pseudonym]
    return [users.mark_of(old)], {"users": lambda sketch: users.exchanged(sketch, old, new)}


def _look_through(table: str, shape: Shape, beyond: Sequence[str]) -> str:
    names = [name for name in shape.names if name != "level"]
    kinds = [kind for name, kind in shape.key if name != "level"]
    keys = ", ".join(names)
    values = ", ".join(f"${n}::text::{kind}" for n, kind in enumerate(kinds, start=5))
    return QUERIES["look_through"].format(
        table=table,
        keys=keys,
        texts=", ".join(f"{name}::text" for name in names),
        beyond=f"({keys}) > ({values})" if beyond else "true",
        columns=", ".join((*shape.names, *PACKED[table])),
        named=" or ".join(QUERIES["in_bytes"].format(column=name) for name in PACKED[table]),
    )


def _sort(row: Any) -> Sort:
    if "cuboid" in row.keys():  # noqa: SIM118 - a record, not a mapping
        return sort_of(row)
    return Sort(Level(row["level"]), Cuboid.PROFILE)


def _whole(row: Any) -> Spans:
    start = to_microseconds(row["start"])
    sort = _sort(row)
    return sort.whole.around(Spans(((start, start + sort.level.length),)))


def _is_calculable(row: Any, horizon: Horizon) -> bool:
    return not _whole(row) & times_before(calculable_from(_sort(row), horizon))


def _rewritten(row: Any, rewrite: Rewrite) -> dict[str, bytes]:
    """The columns that change; none if there was nothing but the marks."""
    packed = ((name, row[name], anew) for name, anew in rewrite.items() if row[name] is not None)
    after = ((name, before, anew(before)) for name, before, anew in packed)
    return {name: value for name, before, value in after if value != before}
