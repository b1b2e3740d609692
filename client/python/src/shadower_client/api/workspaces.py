"""Of shadower.workspaces.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from shadower.workspaces.v1 import workspaces_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method


@named("shadower.workspaces.v1.EngagementLevel")
class EngagementLevel(OpenEnum):
    """How much users come back, by stickiness: daily / monthly active users."""

    UNSPECIFIED = 0
    """There is no user in the 30 days before the interval's end."""
    LOW = 1
    """Stickiness below 0.2."""
    MEDIUM = 2
    """Stickiness from 0.2 to below 0.5."""
    HIGH = 3
    """Stickiness of 0.5 and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSummary(Message):
    """What happened in a workspace in an interval. Runs count where they started."""

    PROTO: ClassVar[str] = "shadower.workspaces.v1.WorkspaceSummary"
    workspace_id: str = ""
    """The workspace."""
    interval: common.TimeInterval
    """The interval that was answered."""
    previous_interval: common.TimeInterval
    """The period of equal length just before it, against which trends are."""
    as_of: datetime
    """Everything committed by this moment is counted."""
    complete_until: datetime | None = None
    """Everything acknowledged by this moment is counted, or put aside as a dead letter. Equal
    to as_of unless there is a log: then about a second before it, and earlier while records
    wait to be written. Never later than is true. Not set if nobody has written the log yet.
    """
    executions: common.ExecutionCounts
    """Runs by status."""
    success_rate: float | None = None
    """succeeded / (succeeded + failed + timed out), 0 to 1; absent if no run was decided."""
    duration: common.DurationStatistics
    """How long runs took."""
    tokens: common.TokenUsage
    """Tokens of runs."""
    cost: common.CostUsage
    """What runs cost."""
    active_agents: int = 0
    """Different agents that ran."""
    active_users: ActiveUsers
    """Different users of runs."""
    daily_credits: tuple[DailyCredits, ...] = ()
    """Credits by local day, days without known credits left out."""
    trends: tuple[common.Comparison, ...] = ()
    """executions, success_rate, duration_avg, active_agents, active_users, total_tokens, cost
    and credits against the previous period.
    """
    engagement_level: EngagementLevel = EngagementLevel.UNSPECIFIED
    """How much users come back."""
    health_score: HealthScore | None = None
    """How well the workspace does; absent if no part of it is known."""
    top_agents: tuple[AgentActivity, ...] = ()
    """The ten agents with most runs, most first; of equal ones, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveUsers(Message):
    """Different users of runs, each counted once however often they came: exact up to 4,096,
    beyond with a relative standard error of 1.6 % (theta sketch).
    """

    PROTO: ClassVar[str] = "shadower.workspaces.v1.ActiveUsers"
    in_interval: int = 0
    """In the interval."""
    daily: int = 0
    """In the 24 hours before the interval's end (DAU)."""
    weekly: int = 0
    """In the 7 days before the interval's end (WAU)."""
    monthly: int = 0
    """In the 30 days before the interval's end (MAU)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCredits(Message):
    """Credits of one day."""

    PROTO: ClassVar[str] = "shadower.workspaces.v1.DailyCredits"
    start_time: datetime
    """The local midnight at which the day begins."""
    credits: Decimal = Decimal("0")
    """Sum of the known credits, an exact decimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthScore(Message):
    """How well a workspace does: 0.30 × success + 0.25 × activity + 0.25 × engagement + 0.20 ×
    efficiency, over the parts that are known, divided by the weights of these.
    """

    PROTO: ClassVar[str] = "shadower.workspaces.v1.HealthScore"
    score: float = 0.0
    """The score, 0 to 1."""
    success: float | None = None
    """The success rate, 0 to 1."""
    activity: float | None = None
    """Share of the local days touched by the interval on which something ran, above 0 to 1;
    absent if nothing ran.
    """
    engagement: float | None = None
    """Stickiness: daily / monthly active users, 0 to 1."""
    efficiency: float | None = None
    """Share of the known run time of decided runs that went into runs that succeeded, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentActivity(Message):
    """How much an agent ran."""

    PROTO: ClassVar[str] = "shadower.workspaces.v1.AgentActivity"
    agent_id: str = ""
    """The agent."""
    agent_name: str = ""
    """Its latest name; empty if it has none."""
    executions: int = 0
    """Its runs."""
    success_rate: float | None = None
    """Its success rate, 0 to 1; absent if no run was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWorkspaceSummaryResponse(Message):
    """The answer."""

    PROTO: ClassVar[str] = "shadower.workspaces.v1.GetWorkspaceSummaryResponse"
    summary: WorkspaceSummary
    """The summary."""


GET_WORKSPACE_SUMMARY = Method(
    "/shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary",
    workspaces_service_pb2.GetWorkspaceSummaryRequest,
    workspaces_service_pb2.GetWorkspaceSummaryResponse,
    WorkspaceSummary,
    is_idempotent=True,
    unwrap="summary",
)


class WorkspacesApi:
    """Answers for a workspace as a whole."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def summary(
        self,
        *,
        interval: Interval | None = None,
        time_zone: str | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> WorkspaceSummary:
        """Summarises a workspace. One without any facts has a summary of zeros.

        :param interval: The time that counts. If not set, the seven days up to the end of the
            present minute.
        :param time_zone: Time zone of days as an IANA name, such as "Europe/Berlin". If empty,
            UTC.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return self._caller.unary(
            GET_WORKSPACE_SUMMARY,
            {"interval": interval, "time_zone": time_zone, "max_staleness": max_staleness},
            workspace,
            timeout,
        )


class AsyncWorkspacesApi:
    """Answers for a workspace as a whole."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def summary(
        self,
        *,
        interval: Interval | None = None,
        time_zone: str | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> WorkspaceSummary:
        """Summarises a workspace. One without any facts has a summary of zeros.

        :param interval: The time that counts. If not set, the seven days up to the end of the
            present minute.
        :param time_zone: Time zone of days as an IANA name, such as "Europe/Berlin". If empty,
            UTC.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return await self._caller.unary(
            GET_WORKSPACE_SUMMARY,
            {"interval": interval, "time_zone": time_zone, "max_staleness": max_staleness},
            workspace,
            timeout,
        )
