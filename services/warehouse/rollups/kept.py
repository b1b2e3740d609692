"""The cells that writers keep right, read and written one by one. Needs the workspace's lock."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from services.warehouse.database import Session
from services.warehouse.facts.staging import stage
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.labels import dimension
from services.warehouse.queries.selection import Filter, Selection
from services.warehouse.queries.sources import Executions
from services.warehouse.rollups.adding import Key
from services.warehouse.rollups.cells import (
    COLUMNS,
    MEASURES,
    PLACE,
    TABLE,
    cell_of,
)
from services.warehouse.rollups.levels import KEPT, KEYS
from services.warehouse.rollups.spans import to_microseconds, to_time
from services.warehouse.rollups.tables import Cell
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
FETCH = QUERIES["fetch"].format(columns=TABLE.selected)
STORE = QUERIES["store"].format(
    insert=TABLE.insert, changes=", ".join(f"{one} = excluded.{one}" for one in MEASURES)
)


class Running(Executions):
    """Runs that have not ended, which have an index of their own."""

    def condition(self, selection: Selection, parameters: Parameters) -> str:
        return QUERIES["running"].format(condition=super().condition(selection, parameters))


async def fetch_cells(session: Session, keys: Collection[Key]) -> dict[Key, Cell]:
    rows = await session.connection.fetch(
        FETCH, session.workspace_id, *map(str, KEPT), *_columns(keys)
    )
    return {_key(cell): cell for cell in map(tuple, rows)}


async def fetch_hashes(session: Session, user_ids: Iterable[str]) -> dict[str, bytes]:
    """As the sketches of users take them."""
    rows = await session.connection.fetch(QUERIES["hashes"], list(user_ids))
    return dict(map(tuple, rows))


async def running_anew(session: Session, start: int, keys: Collection[Key]) -> dict[Key, Cell]:
    """Of an hour, cells of runs that have not ended, made from the facts."""
    query = GroupedQuery(
        Selection(
            Interval(to_time(start), to_time(start + KEPT.level.length)),
            Filter(agent_ids=tuple({key.agent_id for key in keys})),
        ),
        measures=list(MEASURES.values()),
        labels=[dimension(key) for key in KEYS],
        source=Running(),
    )
    rows = await fetch_grouped(replace(session, rolled={}), query)
    cells = [cell_of(KEPT, to_time(start), row) for row in rows]
    return {key: cell for cell in cells if (key := _key(cell)) in keys}


async def store_cells(session: Session, cells: Collection[Cell]) -> None:
    """Once in a transaction, which staged cells outlive."""
    if cells:
        await stage(session, TABLE.name, COLUMNS, cells)
        await session.connection.execute(STORE, session.workspace_id)


async def remove_cells(session: Session, keys: Collection[Key]) -> None:
    if keys:
        await session.connection.execute(
            QUERIES["remove"], session.workspace_id, *map(str, KEPT), *_columns(keys)
        )


def _columns(keys: Collection[Key]) -> list[list[Any]]:
    starts, *others = zip(*keys, strict=True)
    return [[to_time(start) for start in starts], *map(list, others)]


def _key(cell: Cell) -> Key:
    _, _, start, *others = cell[: len(PLACE)]
    return Key(to_microseconds(start), *others)
