"""Where cells of a kind are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.warehouse.database import Session
from services.warehouse.facts.staging import stage
from services.warehouse.rollups.levels import Sort
from services.warehouse.rollups.spans import Span, to_time
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

Cell = tuple[Any, ...]
"""The values of a table's columns."""


@dataclass(frozen=True)
class CellTable:
    """`place` are the first of its columns, by which cells are told apart. `read` and `written` are
    columns as SQL where they are carried in another form than they are kept in."""

    name: str
    place: tuple[str, ...]
    columns: tuple[str, ...]
    read: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    @property
    def selected(self) -> str:
        return ", ".join(self.read or self.columns)

    @property
    def insert(self) -> str:
        """Takes over what is staged; $1 is the workspace."""
        return QUERIES["insert"].format(
            table=self.name,
            columns=", ".join(self.columns),
            values=", ".join(self.written or self.columns),
        )

    async def stored(self, session: Session, sort: Sort, span: Span) -> list[Cell]:
        """What the cells of a span are."""
        statement = self._of_span("stored", columns=self.selected)
        rows = await session.connection.fetch(statement, *self._place(session, sort, span))
        return [tuple(row) for row in rows]

    async def replace(
        self, session: Session, sort: Sort, span: Span, cells: Sequence[Cell]
    ) -> None:
        statement = self._of_span("remove")
        await session.connection.execute(statement, *self._place(session, sort, span))
        if cells:
            await stage(session, self.name, self.columns, cells)
            inserted = QUERIES["inserted"].format(insert=self.insert)
            await session.connection.execute(inserted, session.workspace_id)

    @property
    def _holds_cuboids(self) -> bool:
        return "cuboid" in self.place

    def _of_span(self, query: str, **text: str) -> str:
        condition = QUERIES["of_span_and_cuboid" if self._holds_cuboids else "of_span"]
        return QUERIES[query].format(table=self.name, condition=condition, **text)

    def _place(self, session: Session, sort: Sort, span: Span) -> tuple[Any, ...]:
        place = (session.workspace_id, sort.level.value, *map(to_time, span))
        return (*place, sort.cuboid.value) if self._holds_cuboids else place
