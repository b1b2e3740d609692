"""A workspace as a whole: everything beyond its statistics."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.warehouse.database import Session
from services.warehouse.queries.agents import fetch_names
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.labels import dimension
from services.warehouse.queries.registry import MEASURES
from services.warehouse.queries.selection import Selection
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
TOP = 10
DAY = timedelta(hours=24)


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
    daily, weekly, monthly = [await _users(session, until, days) for days in (1, 7, 30)]
    return ActiveUsers(daily, weekly, monthly)


async def _users(session: Session, until: datetime, days: int) -> int:
    selection = Selection(Interval(until - days * DAY, until))
    (row,) = await fetch_grouped(session, GroupedQuery(selection, [MEASURES["active_users"]]))
    return int(row.values[0])


async def fetch_days(session: Session, selection: Selection, days: Buckets) -> list[DayOfRuns]:
    query = GroupedQuery(selection, [MEASURES["credits"]], buckets=days)
    return [DayOfRuns(row.key[0], *row.values) for row in await fetch_grouped(session, query)]


async def fetch_top_agents(session: Session, selection: Selection) -> list[AgentActivity]:
    measures = [MEASURES["executions"], MEASURES["success_rate"]]
    query = GroupedQuery(selection, measures, [dimension("agent_id")])
    rows = await fetch_grouped(session, query)
    top = sorted(rows, key=lambda row: -row.values[0])[:TOP]
    names = await fetch_names(session, [row.key[0] for row in top])
    return [AgentActivity(row.key[0], names.get(row.key[0], ""), *row.values) for row in top]


async def fetch_metric_types(session: Session) -> list[str]:
    """The types of points recorded in the workspace, by name."""
    rows = await session.connection.fetch(QUERIES["metric_types"], session.workspace_id)
    return [row["metric_type"] for row in rows]
