"""Cells that tell of a user: made anew where there is what they follow from, else rewritten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.warehouse.database import Session, sort_of
from services.warehouse.erasure.naming import Naming
from services.warehouse.erasure.shape import shape_of
from services.warehouse.facts.changes import fetch_horizon
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
KEYS = {"execution_cells": ("agent_id", "model"), "agent_profiles": ("agent_id",)}


@dataclass(frozen=True)
class _Rewriting:
    """What marks a cell of the user, and how its packed columns are without it."""

    marks: Sequence[bytes]
    packed: Mapping[str, Callable[[bytes], bytes]]


async def rewrite_page(
    session: Session, table: str, naming: Naming, after: Sequence[str] | None
) -> tuple[list[str] | None, int]:
    """What follows a place in the order of keys: where to go on, or None at the end; and how many
    cells there were that told of the user."""
    rewriting = await _rewriting(session, table, naming)
    await lock_workspace(session)
    shape = await shape_of(session, table)
    columns = (*rewriting.packed, *KEYS[table])
    found = await session.connection.fetch(
        _look_through(table, shape, rewriting, after),
        *(session.workspace_id, list(rewriting.marks), naming.user_id, PAGE, *(after or ())),
    )
    horizon, told = await fetch_horizon(session), [row for row in found if row["names_it_"]]
    for row in told:
        key = [row[name] for name in shape.names]
        if _is_calculable(row, horizon):
            await take_sort(session, _sort(row), _whole(row))
            await session.connection.execute(shape.drop(), session.workspace_id, *key)
        else:
            values = [_rewritten(row, name, rewriting, naming) for name in columns]
            statement = shape.change(list(columns))
            await session.connection.execute(statement, session.workspace_id, *key, *values)
    is_end = not found or found[-1]["rows_"] < PAGE
    return (None if is_end else found[-1]["place_"]), len(told)


async def _rewriting(session: Session, table: str, naming: Naming) -> _Rewriting:
    if table == "agent_profiles":
        rename = naming.renamed
        text = {
            name: lambda packed: tallies.renamed(packed, rename) for name in ("users", "messages")
        }
        return _Rewriting([naming.user_id.encode()], text)
    hashes = await fetch_hashes(session, [naming.user_id, naming.pseudonym])
    old, new = hashes[naming.user_id], hashes[naming.pseudonym]
    return _Rewriting(
        [users.mark_of(old)], {"users": lambda sketch: users.exchanged(sketch, old, new)}
    )


def _look_through(
    table: str, shape: Any, rewriting: _Rewriting, after: Sequence[str] | None
) -> str:
    keys = ", ".join(shape.names)
    values = ", ".join(f"${n}::text::{kind}" for n, (_, kind) in enumerate(shape.key, start=5))
    named = [QUERIES["in_bytes"].format(column=name) for name in rewriting.packed]
    named += [QUERIES["in_text"].format(column=name) for name in KEYS[table]]
    return QUERIES["look_through"].format(
        table=table,
        keys=keys,
        texts=", ".join(f"{name}::text" for name in shape.names),
        beyond=f"({keys}) > ({values})" if after else "true",
        columns=", ".join(dict.fromkeys((*shape.names, *rewriting.packed, *KEYS[table]))),
        named=" or ".join(named),
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


def _rewritten(row: Any, column: str, rewriting: _Rewriting, naming: Naming) -> Any:
    if column not in rewriting.packed:
        return naming.renamed(row[column])
    packed = row[column]
    return packed if packed is None else rewriting.packed[column](packed)
