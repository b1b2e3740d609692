"""WorkspacesService: what happened in a workspace, in one answer."""

from dataclasses import dataclass, replace

from shadower.workspaces.v1 import workspace_summary_pb2 as summary_pb
from shadower.workspaces.v1 import workspaces_service_pb2 as pb
from shadower.workspaces.v1.workspaces_service_pb2_grpc import WorkspacesServiceServicer

from services.runtime.cache.cache import Cache
from services.runtime.cache.handlers import cached
from services.runtime.cache.question import Answer
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation import requests, values
from services.translation.bases import EVER, basis
from services.translation.meaning import meaning
from services.warehouse.database import Database, Session
from services.warehouse.queries import workspace
from services.warehouse.queries.buckets import Buckets, Granularity, cut
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.statistics import Statistics
from services.workspaces.health import (
    HIGH_STICKINESS,
    MEDIUM_STICKINESS,
    Health,
    activity,
    stickiness,
)

TRENDS = (
    "executions",
    "success_rate",
    "duration_avg",
    "active_agents",
    "active_users",
    "total_tokens",
    "cost",
    "credits",
)


@dataclass(frozen=True)
class Facts:
    """All that a summary is made of, from one snapshot."""

    current: Statistics
    previous: Statistics
    users: workspace.ActiveUsers
    agents: workspace.ActiveAgents
    days: list[workspace.DayOfRuns]


class WorkspacesServicer(WorkspacesServiceServicer):
    """Translates between the contract and the warehouse's queries."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self.cache = cache

    @cached(meaning)
    async def GetWorkspaceSummary(self, request: pb.GetWorkspaceSummaryRequest) -> Answer:
        interval = requests.interval(request)
        days = cut(interval, Granularity.DAY, requests.zone(request.time_zone))
        async with self._database.reading(request.workspace_id) as session:
            facts = await _fetch(session, interval, days)
        summary = _summary(facts, interval, days)
        summary.MergeFrom(
            summary_pb.WorkspaceSummary(
                workspace_id=request.workspace_id,
                as_of=to_timestamp(session.as_of),
                complete_until=optional_timestamp(session.complete_until),
            )
        )
        reply = pb.GetWorkspaceSummaryResponse(summary=summary)
        return Answer(reply, basis(request, session.revision, interval, EVER))


async def _fetch(session: Session, interval: Interval, days: Buckets) -> Facts:
    periods = await workspace.fetch_periods(session, interval)
    users = await workspace.fetch_active_users(session, interval)
    agents = await workspace.fetch_active_agents(session, interval)
    return Facts(
        current=replace(periods.current, users=users.current, agents=agents.current),
        previous=replace(periods.previous, users=users.previous, agents=agents.previous),
        users=users,
        agents=agents,
        days=await workspace.fetch_days(session, Selection(interval), days),
    )


def _summary(facts: Facts, interval: Interval, days: Buckets) -> summary_pb.WorkspaceSummary:
    current = facts.current
    return summary_pb.WorkspaceSummary(
        interval=requests.time_interval(interval),
        previous_interval=requests.time_interval(interval.previous()),
        executions=values.execution_counts(current),
        success_rate=current.success_rate,
        duration=values.duration_statistics(current),
        tokens=values.token_usage(current),
        cost=values.cost_usage(current),
        active_agents=facts.agents.current,
        active_users=_active_users(facts),
        daily_credits=_daily_credits(facts, days),
        trends=[values.comparison(metric, current, facts.previous) for metric in TRENDS],
        engagement_level=_engagement(stickiness(facts.users)),
        health_score=_health(facts, days),
        top_agents=[_agent(agent) for agent in facts.agents.top],
    )


def _active_users(facts: Facts) -> summary_pb.ActiveUsers:
    return summary_pb.ActiveUsers(
        in_interval=facts.users.current,
        daily=facts.users.daily,
        weekly=facts.users.weekly,
        monthly=facts.users.monthly,
    )


def _daily_credits(facts: Facts, days: Buckets) -> list[summary_pb.DailyCredits]:
    return [
        summary_pb.DailyCredits(
            start_time=to_timestamp(days[day.bucket].start), credits=values.plain(day.credits)
        )
        for day in facts.days
        if day.credits is not None
    ]


def _engagement(share: float | None) -> "summary_pb.EngagementLevel.ValueType":
    if share is None:
        return summary_pb.ENGAGEMENT_LEVEL_UNSPECIFIED
    if share < MEDIUM_STICKINESS:
        return summary_pb.ENGAGEMENT_LEVEL_LOW
    if share < HIGH_STICKINESS:
        return summary_pb.ENGAGEMENT_LEVEL_MEDIUM
    return summary_pb.ENGAGEMENT_LEVEL_HIGH


def _health(facts: Facts, days: Buckets) -> summary_pb.HealthScore | None:
    health = Health(
        success=facts.current.success_rate,
        activity=activity(len(facts.days), len(days.starts)),
        engagement=stickiness(facts.users),
        efficiency=facts.current.efficiency,
    )
    if health.score is None:
        return None
    return summary_pb.HealthScore(
        score=health.score,
        success=health.success,
        activity=health.activity,
        engagement=health.engagement,
        efficiency=health.efficiency,
    )


def _agent(agent: workspace.AgentActivity) -> summary_pb.AgentActivity:
    return summary_pb.AgentActivity(
        agent_id=agent.agent_id,
        agent_name=agent.agent_name,
        executions=agent.executions,
        success_rate=agent.success_rate,
    )
