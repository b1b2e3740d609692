"""All that an agent's performance is made of, read from one snapshot."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.runtime.background import side_by_side
from services.warehouse.database import Session
from services.warehouse.queries import performance as queries
from services.warehouse.queries.buckets import Buckets, Granularity, cut
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.profiles import (
    AgentProfile,
    fetch_whole_pieces,
    profile_of,
)
from services.warehouse.queries.selection import Filter, Selection
from services.warehouse.queries.standing import Standing, fetch_among
from services.warehouse.queries.statistics import Statistics

HOURLY_UP_TO = timedelta(hours=48)


@dataclass(frozen=True)
class AgentFacts:
    """One agent in one interval, and what it is compared with."""

    agent_id: str
    agent_name: str
    interval: Interval
    current: queries.Period
    previous: queries.Period
    workspace: Statistics
    profile: AgentProfile
    models: list[queries.ModelUse]
    usage: list[queries.UsageCell]
    granularity: Granularity
    buckets: Buckets
    trend: list[queries.TrendPoint]
    standing: Standing | None


async def fetch_facts(
    session: Session, agent_id: str, interval: Interval, zone: ZoneInfo
) -> AgentFacts | None:
    """None if the agent never ran in the workspace."""
    only_it = Filter(agent_ids=(agent_id,))
    runs = queries.AgentRuns(session, Selection(interval, only_it))
    name = await runs.name(agent_id)
    if name is None:
        return None
    granularity = trend_granularity(interval)
    buckets = cut(interval, granularity, zone)
    pieces = await fetch_whole_pieces(session, agent_id, interval)
    # Beside the queries that follow.
    async with side_by_side() as group:
        profile = group.create_task(asyncio.to_thread(profile_of, pieces))
        periods = await runs.periods()
        among = await fetch_among(session, Selection(interval), agent_id)
        usage = await runs.usage(zone)
        trend = await runs.trend(buckets)
        # Last: hours hardly ever have cells by model, and after facts planning takes longer.
        models = await runs.models()
    return AgentFacts(
        agent_id=agent_id,
        agent_name=name,
        interval=interval,
        current=periods.current,
        previous=periods.previous,
        workspace=among.workspace,
        profile=profile.result(),
        models=models,
        usage=usage,
        granularity=granularity,
        buckets=buckets,
        trend=trend,
        standing=among.standing,
    )


def trend_granularity(interval: Interval) -> Granularity:
    return Granularity.HOUR if interval.length <= HOURLY_UP_TO else Granularity.DAY
