"""Tables as the database describes them."""

from dataclasses import dataclass

from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
BATCH = 500
"""Rows that are changed at once."""
PAGE = 10_000
"""Rows that are looked through at once."""


@dataclass(frozen=True)
class Shape:
    """The rest of a table's primary key behind the workspace, with types, and its columns that
    can hold words."""

    table: str
    key: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

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

    def look_through(self, place: object) -> str:
        """$1 is the workspace, $2 what is looked for, $3 how many; the place follows, if any."""
        keys = ", ".join(self.names)
        values = ", ".join(f"${n}::text::{kind}" for n, (_, kind) in enumerate(self.key, start=4))
        return QUERIES["look_through"].format(
            table=self.table,
            keys=keys,
            texts=", ".join(f"{name}::text" for name in self.names),
            beyond=f"({keys}) > ({values})" if place else "true",
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
        tuple(row["name"] for row in rows if row["holds_words"] and row["name"] != "workspace_id"),
    )
