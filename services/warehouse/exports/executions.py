"""Executions one by one, as they are stored, however many there are."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.runtime.pool import Pool
from services.warehouse.database import driver_errors_as_faults
from services.warehouse.facts.horizon import Horizon
from services.warehouse.queries.kept import check_kept
from services.warehouse.queries.selection import Selection
from services.warehouse.rollups.spans import between
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)

# Those of the table, by the names that the world knows them by.
COLUMNS = {
    "execution_id": "execution_id",
    "agent_id": "agent_id",
    "agent_name": "agent_name",
    "agent_version": "agent_version",
    "user_id": "user_id",
    "model": "model",
    "provider": "provider",
    "status": "status",
    "error_type": "error_type",
    "error_message": "error_message",
    "start_time": "started_at",
    "end_time": "ended_at",
    "duration": "duration_us",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "cost_usd": "cost_usd",
    "credits": "credits",
    "user_rating": "user_rating",
    "tool_calls": "tool_calls",
    "parent_execution_id": "parent_execution_id",
    "conversation_id": "conversation_id",
    "metadata": "metadata",
}

Row = Sequence[Any]


@dataclass(frozen=True)
class ExecutionsQuery:
    """Which executions of a workspace, and which of their columns, by their names in COLUMNS."""

    workspace_id: str
    selection: Selection
    columns: tuple[str, ...]


class FoundExecutions:
    """Rows of one snapshot: how many there are, and all of them, oldest first."""

    def __init__(self, as_of: datetime, count: int, cursor: Any) -> None:
        self.as_of = as_of
        self.count = count
        self._cursor = cursor

    async def next(self, most: int) -> Sequence[Row]:
        """Further rows; none if there are no more. They are found only as they are asked for."""
        with driver_errors_as_faults():
            rows: Sequence[Row] = await self._cursor.fetch(most)
        return rows


@asynccontextmanager
async def found_executions(pool: Pool, query: ExecutionsQuery) -> AsyncIterator[FoundExecutions]:
    """Holds a connection of the pool until its end. Who comes after that finds nothing open.

    Raises InvalidArgument if retention may have removed some of them.
    """
    with driver_errors_as_faults():
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            as_of = await connection.fetchval(QUERIES["enter"], query.workspace_id)
            runs_from = await connection.fetchval(QUERIES["runs_from"], query.workspace_id)
            interval = query.selection.interval
            gone = Horizon(runs_from=runs_from).runs_gone
            check_kept(between(interval.start, interval.end), gone)
            count, values = _statement("count", query)
            rows, _ = _statement("rows", query)
            number = await connection.fetchval(count, *values)
            yield FoundExecutions(as_of, number, await connection.cursor(rows, *values))


def _statement(name: str, query: ExecutionsQuery) -> tuple[str, list[object]]:
    parameters = Parameters()
    interval = query.selection.interval
    text = QUERIES[name].format(
        columns=", ".join(COLUMNS[column] for column in query.columns),
        workspace=parameters.bind(query.workspace_id),
        start=parameters.bind(interval.start),
        end_=parameters.bind(interval.end),
        narrowing=query.selection.narrowing(parameters),
    )
    return text, parameters.values
