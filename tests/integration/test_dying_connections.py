"""A connection may be told that it ends, and end, at any moment between two statements."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.runtime.faults import Unavailable
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database


@pytest.fixture
async def pool(database_url: str, jwks_file: Path) -> AsyncIterator[Any]:
    given = Settings(DATABASE_URL=database_url, jwks_file=jwks_file, pool_size=1)
    async with open_pool(given) as opened:
        yield opened


@pytest.mark.parametrize("turns", range(5))
async def test_a_transaction_after_the_last_words_is_unavailable_or_done(
    pool: Any, database_url: str, turns: int
) -> None:
    """After that many turns of the loop: the driver has heard of nothing, of the end, of both."""
    end_connections(database_url, await pool.fetchval("select pg_backend_pid()"))
    for _ in range(turns):
        await asyncio.sleep(0)
    with suppress(Unavailable):
        assert await one(pool) == 1
    assert await one(pool) == 1


async def one(pool: Any) -> Any:
    async with Database(pool).transaction() as transaction:
        return await transaction.connection.fetchval("select 1")


def end_connections(url: str, pid: int) -> None:
    """Blocks the loop meanwhile, so that it learns of all of it afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", [pid])
