"""Of shadower.agents.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from shadower.agents.v1 import agents_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.pages import AsyncPages, Pages


@named("shadower.agents.v1.HintKind")
class HintKind(OpenEnum):
    """What a hint is about."""

    UNSPECIFIED = 0
    """Not set; never sent."""
    SLOW = 1
    """Runs take more than 30 s on average."""
    TOKEN_HUNGRY = 2
    """Runs use more than 5,000 tokens on average."""
    ERROR_PRONE = 3
    """More than 5 % of decided runs fail or time out."""
    LOW_SUCCESS = 4
    """Less than 90 % of decided runs succeed."""


@named("shadower.agents.v1.AgentOrder")
class AgentOrder(OpenEnum):
    """What agents are ordered by. Those for which it is not known come last; equal ones are
    ordered by id.
    """

    UNSPECIFIED = 0
    """Stands for the number of runs."""
    EXECUTIONS = 1
    """Number of runs."""
    SUCCESS_RATE = 2
    """Success rate."""
    AVERAGE_DURATION = 3
    """Mean duration."""
    P95_DURATION = 4
    """95th percentile of duration, as it is told of each: within 1 %. Of at most 20,000
    agents: where more ran, RESULT_TOO_LARGE.
    """
    TOTAL_TOKENS = 5
    """Known tokens."""
    COST = 6
    """Known cost."""
    DISTINCT_USERS = 7
    """Different users, as they are told of each. Of at most 20,000 agents, as above."""
    LAST_START_TIME = 8
    """Start of the last run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPerformance(Message):
    """How an agent did in an interval. Runs count where they started."""

    PROTO: ClassVar[str] = "shadower.agents.v1.AgentPerformance"
    agent_id: str = ""
    """The agent."""
    agent_name: str = ""
    """Its latest name; empty if it has none."""
    interval: common.TimeInterval
    """The interval that was answered."""
    previous_interval: common.TimeInterval
    """The period of equal length just before it."""
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
    reliability: Reliability
    """When it failed, and how soon it worked again."""
    throughput: Throughput
    """How much it ran."""
    distinct_users: int = 0
    """Different users of its runs: exact up to 4,096, beyond with a relative standard error of
    1.6 % (theta sketch).
    """
    ratings: Ratings
    """What users thought of it."""
    models: tuple[ModelUsage, ...] = ()
    """Its runs by model, most first; of equal ones, by name."""
    errors: tuple[ErrorCount, ...] = ()
    """Its failed and timed out runs by type of error, most first."""
    error_patterns: tuple[ErrorPattern, ...] = ()
    """Messages that at least 3 failed or timed out runs share, most first; at most 20."""
    usage: tuple[UsageCell, ...] = ()
    """Runs by local hour of the day and day of the week; cells without runs are left out."""
    top_users: tuple[UserUsage, ...] = ()
    """The ten users with most runs, most first; of equal ones, by id."""
    trend: Trend
    """Its runs over time, without empty buckets: by hour if the interval is up to 48 h long,
    by day beyond.
    """
    standing: Standing | None = None
    """Where it stands among the workspace's agents that ran in the interval; absent if it did
    not run.
    """
    against_workspace: tuple[common.Comparison, ...] = ()
    """success_rate, duration_avg, total_tokens_avg and cost_avg against the same over all runs
    of the workspace in the interval.
    """
    against_previous: tuple[common.Comparison, ...] = ()
    """executions, success_rate, duration_avg, duration_p95, total_tokens, cost and user_rating
    against the previous period.
    """
    hints: tuple[Hint, ...] = ()
    """What to look at, by rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability(Message):
    """When an agent failed, and how soon it worked again. Decided runs (succeeded, failed or
    timed out) are looked at in the order of their starts; of equal ones, by execution_id.
    An outage lasts from the start of a run that failed or timed out, and that no such run
    directly precedes in the interval, to the start of the next run that succeeded.
    """

    PROTO: ClassVar[str] = "shadower.agents.v1.Reliability"
    availability: float | None = None
    """1 − time in outages / time from the start of the first to the start of the last decided
    run, 0 to 1; absent if there is no time between them.
    """
    mean_time_to_recovery: timedelta | None = None
    """Mean length of the outages that ended; absent if none did."""
    recovered_outages: int = 0
    """Outages that ended."""
    in_outage: bool = False
    """True if the last decided run failed or timed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput(Message):
    """How much an agent ran."""

    PROTO: ClassVar[str] = "shadower.agents.v1.Throughput"
    executions_per_hour: float = 0.0
    """Runs per hour of the interval."""
    executions_per_day: float = 0.0
    """Runs per 24 hours of the interval."""
    peak_concurrency: int = 0
    """Most runs under way at one instant of the interval, of runs whose end is known: the
    answer does not change with the clock. A run counts from its start, wherever that is,
    until just before its end, but for 24 hours at most.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings(Message):
    """What users thought."""

    PROTO: ClassVar[str] = "shadower.agents.v1.Ratings"
    count: int = 0
    """Runs with a rating."""
    average: float | None = None
    """Mean rating, 1 to 5; absent if there is none."""
    grades: tuple[int, ...] = ()
    """Number of ratings of each grade, of grades 1 to 5 in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage(Message):
    """An agent's use of one model."""

    PROTO: ClassVar[str] = "shadower.agents.v1.ModelUsage"
    model: str = ""
    """The model; empty for runs whose model is not known."""
    executions: int = 0
    """Runs."""
    success_rate: float | None = None
    """Success rate, 0 to 1; absent if no run was decided."""
    tokens: common.TokenUsage
    """Tokens."""
    cost: common.CostUsage
    """Cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCount(Message):
    """Errors of one type."""

    PROTO: ClassVar[str] = "shadower.agents.v1.ErrorCount"
    error_type: common.ErrorType = common.ErrorType.UNSPECIFIED
    """The type."""
    executions: int = 0
    """Runs that ended with it."""
    share: float = 0.0
    """Share of the failed and timed out runs, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPattern(Message):
    """A message that several runs ended with. Numbers, UUIDs and hexadecimal ids (0x…, or
    eight digits and more) in messages are written "#", so that messages that differ in them
    only are one.
    """

    PROTO: ClassVar[str] = "shadower.agents.v1.ErrorPattern"
    message: str = ""
    """The message, at most 256 characters of it."""
    error_type: common.ErrorType = common.ErrorType.UNSPECIFIED
    """The type of error."""
    executions: int = 0
    """Runs that ended with it, at least 3."""
    first_start_time: datetime | None = None
    """Start of the first such run of the interval."""
    last_start_time: datetime | None = None
    """Start of the last such run of the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCell(Message):
    """Runs of one hour of the day on one day of the week."""

    PROTO: ClassVar[str] = "shadower.agents.v1.UsageCell"
    weekday: int = 0
    """Local day of the week by ISO 8601: 1 (Monday) to 7 (Sunday)."""
    hour: int = 0
    """Local hour of the day, 0 to 23."""
    executions: int = 0
    """Runs that started in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUsage(Message):
    """How much a user ran an agent."""

    PROTO: ClassVar[str] = "shadower.agents.v1.UserUsage"
    user_id: str = ""
    """The user."""
    executions: int = 0
    """Runs."""
    last_start_time: datetime | None = None
    """Start of the last run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend(Message):
    """Runs over time."""

    PROTO: ClassVar[str] = "shadower.agents.v1.Trend"
    granularity: common.Granularity = common.Granularity.UNSPECIFIED
    """Length of the buckets: hours or days."""
    points: tuple[TrendPoint, ...] = ()
    """Buckets with runs, in order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint(Message):
    """A bucket of a trend."""

    PROTO: ClassVar[str] = "shadower.agents.v1.TrendPoint"
    start_time: datetime
    """Start of the bucket."""
    executions: int = 0
    """Runs."""
    success_rate: float | None = None
    """Success rate, 0 to 1; absent if no run was decided."""
    average_duration: timedelta | None = None
    """Mean duration; absent if none is known."""
    total_tokens: int | None = None
    """Known tokens; absent if none are known."""
    cost_usd: Decimal | None = None
    """Known cost in US dollars, an exact decimal; absent if none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Message):
    """Where an agent stands among the agents of its workspace."""

    PROTO: ClassVar[str] = "shadower.agents.v1.Standing"
    agents: int = 0
    """Agents that ran in the interval."""
    executions_rank: int = 0
    """Rank by runs, 1 for most; equal ones share a rank."""
    success_rate_rank: int | None = None
    """Rank by success rate, 1 for highest; absent if no run was decided."""
    duration_rank: int | None = None
    """Rank by mean duration, 1 for shortest; absent if none is known."""
    success_rate_percentile: float | None = None
    """Share of the other ranked agents whose success rate is lower, 0 to 1; absent without a
    rank, or without others.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint(Message):
    """Something to look at."""

    PROTO: ClassVar[str] = "shadower.agents.v1.Hint"
    kind: HintKind = HintKind.UNSPECIFIED
    """What it is about."""
    value: float = 0.0
    """The value that led to it, in the unit of its threshold."""
    threshold: float = 0.0
    """The threshold: 30 (seconds), 5000 (tokens), 0.05 or 0.90 (ratios)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSummary(Message):
    """An agent in the list of a workspace."""

    PROTO: ClassVar[str] = "shadower.agents.v1.AgentSummary"
    agent_id: str = ""
    """The agent."""
    agent_name: str = ""
    """Its latest name; empty if it has none."""
    position: int = 0
    """Its position in the order of the request, from 1."""
    executions: common.ExecutionCounts
    """Its runs by status."""
    success_rate: float | None = None
    """Its success rate, 0 to 1; absent if no run was decided."""
    duration: common.DurationStatistics
    """How long its runs took."""
    tokens: common.TokenUsage
    """Tokens of its runs."""
    cost: common.CostUsage
    """What its runs cost."""
    distinct_users: int = 0
    """Different users of its runs: exact up to 4,096, beyond with a relative standard error of
    1.6 % (theta sketch).
    """
    last_start_time: datetime | None = None
    """Start of its last run of the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAgentsResponse(Message, Table):
    """The list, or a page of it."""

    PROTO: ClassVar[str] = "shadower.agents.v1.ListAgentsResponse"
    ITEMS: ClassVar[str] = "agents"
    agents: tuple[AgentSummary, ...] = ()
    """Agents in the order that was asked for."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""
    interval: common.TimeInterval
    """The interval that was answered."""
    as_of: datetime
    """Everything committed by this moment is counted."""
    complete_until: datetime | None = None
    """Everything acknowledged by this moment is counted, or put aside as a dead letter. Equal
    to as_of unless there is a log: then about a second before it, and earlier while records
    wait to be written. Never later than is true. Not set if nobody has written the log yet.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAgentPerformanceResponse(Message):
    """The answer."""

    PROTO: ClassVar[str] = "shadower.agents.v1.GetAgentPerformanceResponse"
    performance: AgentPerformance
    """How the agent did."""


LIST_AGENTS = Method(
    "/shadower.agents.v1.AgentsService/ListAgents",
    agents_service_pb2.ListAgentsRequest,
    agents_service_pb2.ListAgentsResponse,
    ListAgentsResponse,
    is_idempotent=True,
)

GET_AGENT_PERFORMANCE = Method(
    "/shadower.agents.v1.AgentsService/GetAgentPerformance",
    agents_service_pb2.GetAgentPerformanceRequest,
    agents_service_pb2.GetAgentPerformanceResponse,
    AgentPerformance,
    is_idempotent=True,
    unwrap="performance",
)


class AgentsApi:
    """Answers for the agents of a workspace."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(
        self,
        *,
        interval: Interval | None = None,
        filter: common.Filter | None = None,
        order_by: AgentOrder | None = None,
        ascending: bool = False,
        page_size: int | None = None,
        page_token: str | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListAgentsResponse, AgentSummary]:
        """Lists the agents that ran in an interval, in an order: a leaderboard.

        :param interval: The time that counts. If not set, the seven days up to the end of the
            present minute.
        :param filter: Which executions count. tags must be empty.
        :param order_by: What agents are ordered by.
        :param ascending: Least first instead of greatest first.
        :param page_size: The most agents to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return self._caller.pages(
            LIST_AGENTS,
            {
                "interval": interval,
                "filter": filter,
                "order_by": order_by,
                "ascending": ascending,
                "page_size": page_size,
                "page_token": page_token,
                "max_staleness": max_staleness,
            },
            workspace,
            timeout,
            "agents",
        )

    def performance(
        self,
        agent_id: str,
        *,
        interval: Interval | None = None,
        time_zone: str | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AgentPerformance:
        """Tells how an agent did. One that never ran in the workspace is AGENT_NOT_FOUND; one that
        did not run in the interval has zeros.

        :param agent_id: The agent, 1 to 128 printable characters without slashes.
        :param interval: The time that counts. If not set, the seven days up to the end of the
            present minute.
        :param time_zone: Time zone of days and hours as an IANA name, such as "Europe/Berlin".
            If empty, UTC.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return self._caller.unary(
            GET_AGENT_PERFORMANCE,
            {
                "agent_id": agent_id,
                "interval": interval,
                "time_zone": time_zone,
                "max_staleness": max_staleness,
            },
            workspace,
            timeout,
        )


class AsyncAgentsApi:
    """Answers for the agents of a workspace."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    def list(
        self,
        *,
        interval: Interval | None = None,
        filter: common.Filter | None = None,
        order_by: AgentOrder | None = None,
        ascending: bool = False,
        page_size: int | None = None,
        page_token: str | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListAgentsResponse, AgentSummary]:
        """Lists the agents that ran in an interval, in an order: a leaderboard.

        :param interval: The time that counts. If not set, the seven days up to the end of the
            present minute.
        :param filter: Which executions count. tags must be empty.
        :param order_by: What agents are ordered by.
        :param ascending: Least first instead of greatest first.
        :param page_size: The most agents to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return self._caller.pages(
            LIST_AGENTS,
            {
                "interval": interval,
                "filter": filter,
                "order_by": order_by,
                "ascending": ascending,
                "page_size": page_size,
                "page_token": page_token,
                "max_staleness": max_staleness,
            },
            workspace,
            timeout,
            "agents",
        )

    async def performance(
        self,
        agent_id: str,
        *,
        interval: Interval | None = None,
        time_zone: str | None = None,
        max_staleness: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AgentPerformance:
        """Tells how an agent did. One that never ran in the workspace is AGENT_NOT_FOUND; one that
        did not run in the interval has zeros.

        :param agent_id: The agent, 1 to 128 printable characters without slashes.
        :param interval: The time that counts. If not set, the seven days up to the end of the
            present minute.
        :param time_zone: Time zone of days and hours as an IANA name, such as "Europe/Berlin".
            If empty, UTC.
        :param max_staleness: How old the answer may be: facts that were committed longer ago
            than this are in it. If not set, or longer than that, what the deployment allows, by
            default 10 s; 0 s asks for all that is committed by now. Not negative.
        """
        return await self._caller.unary(
            GET_AGENT_PERFORMANCE,
            {
                "agent_id": agent_id,
                "interval": interval,
                "time_zone": time_zone,
                "max_staleness": max_staleness,
            },
            workspace,
            timeout,
        )
