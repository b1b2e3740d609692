"""How one agent did: everything beyond its statistics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import asyncpg

from services.runtime.faults import invalid_field
from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.registry import EXPRESSIONS
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import STATISTICS, Statistics, statistics_of
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
TOP = 10
MAX_PATTERNS = 20

Row = TypeVar("Row")


@dataclass(frozen=True)
class Reliability:
    """Outages: from the end of a first failure to the end of the next success."""

    observed_seconds: float | None
    outage_seconds: float
    recovered_outages: int
    recovery_seconds: float | None
    in_outage: bool


@dataclass(frozen=True)
class ModelUse:
    """Runs with one model; "" is an unknown one."""

    model: str
    statistics: Statistics


@dataclass(frozen=True)
class ErrorCount:
    """Runs that ended with one type of error."""

    error_type: str
    executions: int


@dataclass(frozen=True)
class ErrorPattern:
    """A message that several runs share but for numbers and ids."""

    message: str
    error_type: str
    executions: int
    first_started_at: datetime
    last_started_at: datetime


@dataclass(frozen=True)
class UsageCell:
    """Runs of one local hour of one local weekday (ISO: Monday is 1)."""

    weekday: int
    hour: int
    executions: int


@dataclass(frozen=True)
class UserUse:
    """Runs of one user."""

    user_id: str
    executions: int
    last_started_at: datetime


@dataclass(frozen=True)
class TrendPoint:
    """Runs of one bucket, from 1."""

    bucket: int
    executions: int
    success_rate: float | None
    average_duration: float | None
    total_tokens: int | None
    cost: Decimal | None


@dataclass(frozen=True)
class Standing:
    """Ranks among the agents that ran, 1 for best; None where there is nothing to rank."""

    agents: int
    executions_rank: int
    success_rate_rank: int | None
    duration_rank: int | None
    success_rate_percentile: float | None


class AgentRuns:
    """Questions about the runs of one agent in one session."""

    def __init__(self, session: Session, selection: Selection) -> None:
        self._session = session
        self._selection = selection

    async def name(self, agent_id: str) -> str | None:
        """The latest name, "" if it has none, None if the agent never ran at all."""
        row = await self._session.connection.fetchrow(
            QUERIES["agent_name"], self._session.workspace_id, agent_id
        )
        return row["agent_name"] if row else None

    async def reliability(self) -> Reliability:
        return (await self._fetch("reliability", Reliability))[0]

    async def peak_concurrency(self) -> int:
        rows = await self._rows("peak_concurrency", as_of=self._session.as_of)
        return int(rows[0]["peak"])

    async def grades(self) -> list[int]:
        """Number of ratings of each grade from 1 to 5."""
        row = (await self._rows("grades"))[0]
        return list(row.values())

    async def models(self) -> list[ModelUse]:
        rows = await self._rows("models")
        return [ModelUse(row["model"], statistics_of(row)) for row in rows]

    async def errors(self) -> list[ErrorCount]:
        return await self._fetch("errors", ErrorCount)

    async def error_patterns(self) -> list[ErrorPattern]:
        return await self._fetch("error_patterns", ErrorPattern, limit=MAX_PATTERNS)

    async def usage(self, time_zone: str) -> list[UsageCell]:
        try:
            return await self._fetch("usage", UsageCell, time_zone=time_zone)
        except asyncpg.InvalidParameterValueError as unknown:
            # The database's list of zones need not be as long as ours.
            raise invalid_field("time_zone", f"the database lacks {time_zone!r}") from unknown

    async def top_users(self) -> list[UserUse]:
        return await self._fetch("top_users", UserUse, limit=TOP)

    async def trend(self, buckets: Buckets) -> list[TrendPoint]:
        return await self._fetch("trend", TrendPoint, starts=list(buckets.starts))

    async def _fetch(self, query: str, kind: type[Row], **values: object) -> list[Row]:
        return [kind(**row) for row in await self._rows(query, **values)]

    async def _rows(self, query: str, **values: object) -> Sequence[dict[str, Any]]:
        parameters = Parameters(self._session.workspace_id)
        bound = {name: parameters.bind(value) for name, value in values.items()}
        statement = QUERIES[query].format(
            condition=self._selection.of_executions(parameters),
            statistics=STATISTICS,
            **EXPRESSIONS,
            **bound,
        )
        rows = await self._session.connection.fetch(statement, *parameters.values)
        return [dict(row) for row in rows]


async def fetch_standing(session: Session, workspace: Selection, agent_id: str) -> Standing | None:
    """None if the agent did not run."""
    parameters = Parameters(session.workspace_id)
    statement = QUERIES["standing"].format(
        condition=workspace.of_executions(parameters),
        agent_id=parameters.bind(agent_id),
        **EXPRESSIONS,
    )
    row = await session.connection.fetchrow(statement, *parameters.values)
    return Standing(**dict(row)) if row else None
