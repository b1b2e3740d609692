"""The same answers in plain SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
FRAGMENTS = {
    name: QUERIES[name] for name in ("of_workspace", "of_agent", "statistics", "success_rate")
}

Connection = psycopg.AsyncConnection[dict[str, Any]]


async def connected(database_url: str) -> Connection:
    """As the owner of the tables, without limits."""
    options = "-c search_path=shadower -c timezone=UTC -c jit=off"
    return await psycopg.AsyncConnection.connect(
        database_url, autocommit=True, options=options, row_factory=dict_row
    )


async def answer(
    connection: Connection, names: Sequence[str], values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of the first statement; of the others, only the time that they take counts."""
    found = [
        await (await connection.execute(_statement(name), values)).fetchall() for name in names
    ]
    return found[0]


def _statement(name: str) -> bytes:
    return QUERIES[name].format(**FRAGMENTS).encode()
