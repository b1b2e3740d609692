"""What a summary asks the database."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import ARRAY, ColumnElement, Float, Select, and_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.peer.models import STATUSES, Execution

DECIDED = ("succeeded", "failed", "timed_out")
PERCENTS = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
TOTAL_TOKENS = Execution.input_tokens + Execution.output_tokens
SECONDS = Execution.duration_us / 1_000_000.0

Period = tuple[datetime, datetime]
# What columns they have is known when they come.
AnyRow: TypeAlias = Any
AnyRows: TypeAlias = Any


async def fetch_statistics(session: AsyncSession, workspace_id: str, period: Period) -> AnyRow:
    statement = select(*_statistics()).where(_within(workspace_id, period))
    return (await session.execute(statement)).one()


async def fetch_active_users(session: AsyncSession, workspace_id: str, end: datetime) -> AnyRow:
    users = func.count(Execution.user_id.distinct())
    statement = select(
        users.filter(Execution.started_at >= end - timedelta(days=1)).label("daily"),
        users.filter(Execution.started_at >= end - timedelta(days=7)).label("weekly"),
        users.label("monthly"),
    ).where(_within(workspace_id, (end - timedelta(days=30), end)))
    return (await session.execute(statement)).one()


async def fetch_days(session: AsyncSession, workspace_id: str, period: Period) -> AnyRows:
    day = func.date_trunc("day", Execution.started_at).label("day")
    statement = _grouped(day, func.sum(Execution.credits).label("credits"))
    statement = statement.where(_within(workspace_id, period)).order_by(day)
    return (await session.execute(statement)).all()


async def fetch_top_agents(session: AsyncSession, workspace_id: str, period: Period) -> AnyRows:
    runs = func.count().label("executions")
    name = func.max(Execution.agent_name).label("agent_name")
    statement = _grouped(Execution.agent_id, name, runs, _success_rate())
    statement = statement.where(_within(workspace_id, period))
    statement = statement.order_by(runs.desc(), Execution.agent_id).limit(10)
    return (await session.execute(statement)).all()


def _grouped(key: Any, *values: Any) -> Select[Any]:
    return select(key, *values).group_by(key)


def _within(workspace_id: str, period: Period) -> ColumnElement[bool]:
    start, end = period
    return and_(
        Execution.workspace_id == workspace_id,
        Execution.started_at >= start,
        Execution.started_at < end,
    )


def _success_rate() -> Any:
    succeeded = func.count().filter(Execution.status == "succeeded")
    decided = func.count().filter(Execution.status.in_(DECIDED))
    return (succeeded * 1.0 / func.nullif(decided, 0)).cast(Float).label("success_rate")


def _statistics() -> list[Any]:
    fractions = literal(list(PERCENTS.values()), ARRAY(Float))
    time = func.sum(Execution.duration_us)
    useful = time.filter(Execution.status == "succeeded")
    return [
        func.count().label("total"),
        *(func.count().filter(Execution.status == name).label(name) for name in STATUSES),
        _success_rate(),
        (useful / time.filter(Execution.status.in_(DECIDED))).cast(Float).label("efficiency"),
        func.count(Execution.duration_us).label("known_durations"),
        func.avg(SECONDS).cast(Float).label("average"),
        func.min(SECONDS).cast(Float).label("minimum"),
        func.max(SECONDS).cast(Float).label("maximum"),
        func.stddev_samp(SECONDS).cast(Float).label("standard_deviation"),
        func.percentile_cont(fractions).within_group(SECONDS.cast(Float)).label("percentiles"),
        func.count(TOTAL_TOKENS).label("known_tokens"),
        func.sum(Execution.input_tokens).label("input_tokens"),
        func.sum(Execution.output_tokens).label("output_tokens"),
        func.sum(Execution.cached_input_tokens).label("cached_input_tokens"),
        func.sum(TOTAL_TOKENS).label("total_tokens"),
        func.avg(TOTAL_TOKENS).cast(Float).label("average_tokens"),
        func.count(Execution.cost_usd).label("known_costs"),
        func.sum(Execution.cost_usd).label("cost"),
        func.avg(Execution.cost_usd).label("average_cost"),
        func.sum(Execution.credits).label("credits"),
        func.count(Execution.user_id.distinct()).label("users"),
        func.count(Execution.agent_id.distinct()).label("agents"),
    ]
