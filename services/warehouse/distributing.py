"""Spreads the facts of workspaces over the workers of a Citus, each workspace's in one place."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

FIRST = "workspaces"
DISTRIBUTED = (
    FIRST,
    "workspace_changes",
    "rollups",
    "ledger",
    "retention_settings",
    "execution_keys",
    "executions",
    "metric_points",
    "events",
    "spans",
    "execution_cells",
    "point_cells",
    "agent_profiles",
)
"""What grows with the facts, and what tells of them: a workspace's lie together on one worker, so
that a question about it and a change to it are each a transaction of one server."""
STEPS = ("let_roles_in", "let_sequences_be_used", "enter_everywhere", "plan_by_values")


class NoCitusError(Exception):
    """There is nothing to distribute tables to."""


@dataclass(frozen=True)
class Spread:
    """What lies where."""

    distributed: list[str]
    """What was distributed just now."""
    local: list[str]
    """What stays on the coordinator."""


def distribute(database_url: str) -> Spread:
    """Of a database that is migrated. Safe to run again.

    Raises NoCitusError.
    """
    with psycopg.connect(database_url, autocommit=True) as connection:
        if not _one(connection, "has_citus"):
            raise NoCitusError("the database has no extension citus: create it, add its workers")
        connection.execute("set search_path to shadower")
        done = [table for table in DISTRIBUTED if _distributed(connection, table)]
        for step in STEPS:
            connection.execute(QUERIES[step])
        _propagate(connection)
        return Spread(done, list(_local(connection)))


def _distributed(connection: psycopg.Connection, table: str) -> bool:
    """False if it was already."""
    if _one(connection, "is_distributed", table):
        return False
    beside = "default" if table == FIRST else FIRST
    connection.execute(QUERIES["distribute"], {"table": table, "beside": beside})
    return True


def _propagate(connection: psycopg.Connection) -> None:
    """From the next connection on: the workers hear which workspace a transaction has entered."""
    name = sql.Identifier(connection.info.dbname)
    connection.execute(
        sql.SQL("alter database {} set citus.propagate_set_commands = 'local'").format(name)
    )


def _local(connection: psycopg.Connection) -> Iterator[str]:
    for row in connection.execute(QUERIES["local_tables"]):
        yield str(row[0])


def _one(connection: psycopg.Connection, query: str, table: str = "") -> bool:
    row = connection.execute(QUERIES[query], {"table": table}).fetchone()
    return bool(row and row[0])
