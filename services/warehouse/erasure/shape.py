"""Tables as the database describes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.warehouse.database import Session
from services.warehouse.erasure.naming import Says
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
BATCH = 500
"""Rows that are changed at once."""
PAGE = 10_000
"""Rows that are looked through at once."""

Page = tuple[list[str] | None, int]
"""Where to go on, or None at the end; and how many rows were changed."""


@dataclass(frozen=True)
class Shape:
    """The rest of a table's primary key behind the workspace, with types, and the types of its
    columns that can hold words."""

    table: str
    key: tuple[tuple[str, str], ...]
    words: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.key]

    def remove(self) -> str:
        """$1 is the workspace, $2 how many."""
        keys = self.names or ["workspace_id"]
        return QUERIES["remove"].format(
            table=self.table,
            keys=", ".join(keys),
            same=" and ".join(f"one.{name} = old.{name}" for name in keys),
        )

    def look_through(self, named: str, place: object) -> str:
        """$1 is the workspace, $2 what is looked for, by a condition, $3 how many; the place
        follows, if any."""
        keys = ", ".join(self.names)
        values = ", ".join(f"${n}::text::{kind}" for n, (_, kind) in enumerate(self.key, start=4))
        return QUERIES["look_through"].format(
            table=self.table,
            keys=keys,
            texts=", ".join(f"{name}::text" for name in self.names),
            beyond=f"({keys}) > ({values})" if place else "true",
            named=named,
        )

    def names_it(self, says: Mapping[str, Says]) -> str:
        """What is true of all rows that do, and of few others."""
        return " or ".join(self._column_names_it(column, how) for column, how in says.items())

    def _column_names_it(self, column: str, how: Says) -> str:
        if how is Says.ID:
            return f"{column} && $2" if self.words[column] == "text[]" else f"{column} = any ($2)"
        if how is Says.GROUP_KEY:
            return "false"
        return QUERIES["in_text"].format(column=column)

    def lock(self) -> str:
        """The rows that keys name, a list for each part of the key behind the workspace."""
        lists = (f"${n}::{kind}[]" for n, (_, kind) in enumerate(self.key, start=2))
        return QUERIES["lock"].format(
            table=self.table,
            lists=", ".join(lists),
            keys=", ".join(self.names),
            same=" and ".join(f"one.{name} = place.{name}" for name in self.names),
            order=", ".join(f"one.{name}" for name in self.names),
        )

    def change(self, columns: list[str]) -> str:
        """The key comes first, behind the workspace; then the columns' values."""
        first = len(self.key) + 2
        return QUERIES["change"].format(
            table=self.table,
            changes=", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=first)),
            same=" and ".join(f"{name} = ${n}" for n, name in enumerate(self.names, start=2)),
        )

    def drop(self) -> str:
        """The key behind the workspace."""
        same = " and ".join(f"{name} = ${n}" for n, name in enumerate(self.names, start=2))
        return QUERIES["drop"].format(table=self.table, same=same)


async def shape_of(session: Session, table: str) -> Shape:
    rows = await session.connection.fetch(QUERIES["columns"], table)
    in_key = [row for row in rows if row["place"] is not None and row["name"] != "workspace_id"]
    key = sorted(in_key, key=lambda row: row["place"])
    return Shape(
        table,
        tuple((row["name"], row["type"]) for row in key),
        {row["name"]: row["type"] for row in rows if row["holds_words"]},
    )


def page_of(found: Sequence[Any], rows: int, most: int) -> tuple[list[Any], list[str] | None]:
    """Of rows that were looked through, at most so many that name it; and where to go on."""
    named = [row for row in found if row["names_it_"]][:most]
    is_cut = len(named) == most
    if not found or (found[-1]["rows_"] < rows and not is_cut):
        return named, None
    return named, (named if is_cut else found)[-1]["place_"]
