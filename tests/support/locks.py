"""Locks that somebody else holds, and who waits for them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


@contextmanager
def held_key(url: str, workspace: str, execution_id: str) -> Iterator["psycopg.Connection[Any]"]:
    """Whoever writes that run waits, as for a writer that claimed its key and has not committed."""
    insert = """insert into shadower.execution_keys (workspace_id, execution_id, started_at)
        values (%s, %s, now())"""
    with psycopg.connect(url) as holder:
        holder.execute(insert, [workspace, execution_id])
        yield holder
        holder.rollback()


@contextmanager
def held_table(url: str, *tables: str) -> Iterator["psycopg.Connection[Any]"]:
    """Whoever reads one of them waits, until the holder rolls back."""
    with psycopg.connect(url) as holder:
        for table in tables:
            holder.execute(f"lock table shadower.{table} in access exclusive mode")
        yield holder
        holder.rollback()


async def waits_for(holder: "psycopg.Connection[Any]") -> None:
    """Returns when somebody waits for what the holder has locked."""
    query = "select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))"
    for _ in range(500):
        if holder.execute(query).fetchone() is not None:
            return
        # The view stands still inside of a transaction.
        holder.execute("select pg_stat_clear_snapshot()")
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waits")


def activity(url: str) -> str:
    """The view of who does what: of all servers, where rows lie on several."""
    everywhere = "citus_stat_activity"
    with psycopg.connect(url) as connection:
        found = connection.execute("select to_regclass(%s)", [everywhere]).fetchone()
    return everywhere if found and found[0] else "pg_stat_activity"
