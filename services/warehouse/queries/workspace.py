"""A workspace as a whole: everything beyond its statistics."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.registry import EXPRESSIONS
from services.warehouse.queries.selection import Selection
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
TOP = 10


@dataclass(frozen=True)
class ActiveUsers:
    """Different users of the 1, 7 and 30 days before a moment."""

    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True)
class DayOfRuns:
    """A bucket with runs, from 1, and the credits that they are known to have consumed."""

    bucket: int
    credits: Decimal | None


@dataclass(frozen=True)
class AgentActivity:
    """How much an agent ran."""

    agent_id: str
    agent_name: str
    executions: int
    success_rate: float | None


async def fetch_active_users(session: Session, until: datetime) -> ActiveUsers:
    row = await session.connection.fetchrow(QUERIES["active_users"], session.workspace_id, until)
    return ActiveUsers(**dict(row or {}))


async def fetch_days(session: Session, selection: Selection, days: Buckets) -> list[DayOfRuns]:
    rows = await _rows(session, selection, "days", starts=list(days.starts))
    return [DayOfRuns(**row) for row in rows]


async def fetch_top_agents(session: Session, selection: Selection) -> list[AgentActivity]:
    rows = await _rows(session, selection, "top_agents", limit=TOP)
    return [AgentActivity(**row) for row in rows]


async def fetch_metric_types(session: Session) -> list[str]:
    """The types of points recorded in the workspace, by name."""
    rows = await session.connection.fetch(QUERIES["metric_types"], session.workspace_id)
    return [row["metric_type"] for row in rows]


async def _rows(
    session: Session, selection: Selection, query: str, **values: object
) -> list[dict[str, Any]]:
    parameters = Parameters(session.workspace_id)
    bound = {name: parameters.bind(value) for name, value in values.items()}
    condition = selection.of_executions(parameters)
    statement = QUERIES[query].format(condition=condition, **EXPRESSIONS, **bound)
    rows = await session.connection.fetch(statement, *parameters.values)
    return [dict(row) for row in rows]
