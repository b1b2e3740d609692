"""A workspace as a whole. What is asked of several times is asked at once, since each statement
reads the cells of all of them, and most of its time goes by with that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.warehouse.database import Session
from services.warehouse.queries.agents import BY_AGENT, fetch_names
from services.warehouse.queries.buckets import CURRENT, PREVIOUS, Buckets, with_previous
from services.warehouse.queries.grouped import (
    GroupedQuery,
    fetch_grouped,
    fetch_over_groups,
)
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.registry import MEASURES
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import (
    OF_STATISTICS,
    Statistics,
    measures_of,
    statistics_of,
)
from services.warehouse.queries.users import fetch_users
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
TOP = 10
DAY = timedelta(hours=24)
# Users and agents are counted apart: what tells them apart is many times more to read.
OF_PERIOD = [name for name in OF_STATISTICS if name not in ("users", "agents")]


@dataclass(frozen=True)
class Periods:
    """Statistics of an interval and of the one just before it, but for users and agents."""

    current: Statistics
    previous: Statistics


@dataclass(frozen=True)
class ActiveUsers:
    """Different users of an interval, of the one just before it, and of the 1, 7 and 30 days before
    its end."""

    current: int
    previous: int
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


@dataclass(frozen=True)
class ActiveAgents:
    """How many known agents ran in an interval and in the one just before it, and those that ran
    most in the interval."""

    current: int
    previous: int
    top: list[AgentActivity]


async def fetch_periods(session: Session, interval: Interval) -> Periods:
    buckets = with_previous(interval)
    query = GroupedQuery(Selection(buckets.whole), measures_of(OF_PERIOD), buckets=buckets)
    rows = await fetch_grouped(session, query)
    found = {row.bucket: statistics_of(OF_PERIOD, row.values) for row in rows}
    return Periods(found.get(CURRENT, Statistics()), found.get(PREVIOUS, Statistics()))


async def fetch_active_users(session: Session, interval: Interval) -> ActiveUsers:
    recent = [Interval(interval.end - days * DAY, interval.end) for days in (1, 7, 30)]
    return ActiveUsers(*await fetch_users(session, [interval, interval.previous(), *recent]))


async def fetch_days(session: Session, selection: Selection, days: Buckets) -> list[DayOfRuns]:
    query = GroupedQuery(selection, [MEASURES["credits"]], buckets=days)
    return [DayOfRuns(row.key[0], *row.values) for row in await fetch_grouped(session, query)]


async def fetch_active_agents(session: Session, interval: Interval) -> ActiveAgents:
    buckets = with_previous(interval)
    measures = [MEASURES["executions"], MEASURES["success_rate"]]
    query = GroupedQuery(Selection(buckets.whole), measures, BY_AGENT, buckets)
    rows = await fetch_over_groups(session, query, _counted_and_top)
    return ActiveAgents(rows[0]["current"], rows[0]["previous"], await _top(session, rows))


def _counted_and_top(groups: str, _parameters: Parameters) -> str:
    return QUERIES["active_agents"].format(
        groups=groups, current=CURRENT, previous=PREVIOUS, top=TOP
    )


async def _top(session: Session, rows: Sequence[Any]) -> list[AgentActivity]:
    found = [row for row in rows if row["agent_id"] is not None]
    names = await fetch_names(session, [row["agent_id"] for row in found])
    return [
        AgentActivity(
            row["agent_id"],
            names.get(row["agent_id"], ""),
            row["executions"],
            row["success_rate"],
        )
        for row in found
    ]


async def fetch_metric_types(session: Session) -> list[str]:
    """The types of points recorded in the workspace, by name."""
    rows = await session.connection.fetch(QUERIES["metric_types"], session.workspace_id)
    return [row["metric_type"] for row in rows]
