"""From an agent's facts to the contract's AgentPerformance."""

from datetime import timedelta

from shadower.agents.v1 import agent_performance_pb2 as pb
from shadower.common.v1.execution_pb2 import ErrorType
from shadower.common.v1.granularity_pb2 import Granularity as GranularityEnum

from services.agents.facts import AgentFacts
from services.agents.hints import Hint, errors, hints
from services.runtime.times import to_timestamp
from services.translation import requests, values
from services.warehouse.queries import performance as queries
from services.warehouse.queries.profiles import ErrorPattern, Reliability, UserUse
from services.warehouse.queries.standing import Standing

AGAINST_WORKSPACE = ("success_rate", "duration_avg", "total_tokens_avg", "cost_avg")
AGAINST_PREVIOUS = (
    "executions",
    "success_rate",
    "duration_avg",
    "duration_p95",
    "total_tokens",
    "cost",
    "user_rating",
)


def performance(facts: AgentFacts) -> pb.AgentPerformance:
    current = facts.current.statistics
    return pb.AgentPerformance(
        agent_id=facts.agent_id,
        agent_name=facts.agent_name,
        interval=requests.time_interval(facts.interval),
        previous_interval=requests.time_interval(facts.interval.previous()),
        executions=values.execution_counts(current),
        success_rate=current.success_rate,
        duration=values.duration_statistics(current),
        tokens=values.token_usage(current),
        cost=values.cost_usage(current),
        reliability=_reliability(facts.profile.reliability),
        throughput=_throughput(facts),
        distinct_users=current.users,
        ratings=_ratings(facts),
        models=[_model(use) for use in facts.models],
        errors=[_error(count, errors(current)) for count in facts.current.errors],
        error_patterns=[_pattern(pattern) for pattern in facts.profile.error_patterns],
        usage=[_cell(cell) for cell in facts.usage],
        top_users=[_user(user) for user in facts.profile.top_users],
        trend=_trend(facts),
        standing=_standing(facts.standing),
        against_workspace=[
            values.comparison(metric, current, facts.workspace) for metric in AGAINST_WORKSPACE
        ],
        against_previous=[
            values.comparison(metric, current, facts.previous.statistics)
            for metric in AGAINST_PREVIOUS
        ],
        hints=[_hint(hint) for hint in hints(current)],
    )


def _reliability(found: Reliability) -> pb.Reliability:
    return pb.Reliability(
        availability=found.availability,
        mean_time_to_recovery=values.optional_duration(found.recovery_seconds),
        recovered_outages=found.recovered_outages,
        in_outage=found.in_outage,
    )


def _throughput(facts: AgentFacts) -> pb.Throughput:
    hours = facts.interval.length / timedelta(hours=1)
    return pb.Throughput(
        executions_per_hour=facts.current.statistics.total / hours,
        executions_per_day=facts.current.statistics.total / (hours / 24),
        peak_concurrency=facts.profile.peak_concurrency,
    )


def _ratings(facts: AgentFacts) -> pb.Ratings:
    return pb.Ratings(
        count=sum(facts.current.grades),
        average=facts.current.statistics.average_rating,
        grades=facts.current.grades,
    )


def _model(use: queries.ModelUse) -> pb.ModelUsage:
    return pb.ModelUsage(
        model=use.model,
        executions=use.statistics.total,
        success_rate=use.statistics.success_rate,
        tokens=values.token_usage(use.statistics),
        cost=values.cost_usage(use.statistics),
    )


def _error(count: queries.ErrorCount, of_all: int) -> pb.ErrorCount:
    return pb.ErrorCount(
        error_type=_error_type(count.error_type),
        executions=count.executions,
        share=count.executions / of_all,
    )


def _pattern(pattern: ErrorPattern) -> pb.ErrorPattern:
    return pb.ErrorPattern(
        message=pattern.message,
        error_type=_error_type(pattern.error_type),
        executions=pattern.executions,
        first_start_time=to_timestamp(pattern.first_started_at),
        last_start_time=to_timestamp(pattern.last_started_at),
    )


def _error_type(name: str) -> "ErrorType.ValueType":
    return ErrorType.Value(f"ERROR_TYPE_{name.upper()}")


def _cell(cell: queries.UsageCell) -> pb.UsageCell:
    return pb.UsageCell(weekday=cell.weekday, hour=cell.hour, executions=cell.executions)


def _user(user: UserUse) -> pb.UserUsage:
    return pb.UserUsage(
        user_id=user.user_id,
        executions=user.executions,
        last_start_time=to_timestamp(user.last_started_at),
    )


def _trend(facts: AgentFacts) -> pb.Trend:
    name = facts.granularity.value.upper()
    return pb.Trend(
        granularity=GranularityEnum.Value(f"GRANULARITY_{name}"),
        points=[_trend_point(point, facts) for point in facts.trend],
    )


def _trend_point(point: queries.TrendPoint, facts: AgentFacts) -> pb.TrendPoint:
    return pb.TrendPoint(
        start_time=to_timestamp(facts.buckets[point.bucket].start),
        executions=point.executions,
        success_rate=point.success_rate,
        average_duration=values.optional_duration(point.average_duration),
        total_tokens=point.total_tokens,
        cost_usd=values.optional_plain(point.cost),
    )


def _standing(standing: Standing | None) -> pb.Standing | None:
    if standing is None:
        return None
    return pb.Standing(
        agents=standing.agents,
        executions_rank=standing.executions_rank,
        success_rate_rank=standing.success_rate_rank,
        duration_rank=standing.duration_rank,
        success_rate_percentile=standing.success_rate_percentile,
    )


def _hint(hint: Hint) -> pb.Hint:
    return pb.Hint(
        kind=pb.HintKind.Value(hint.kind.value), value=hint.value, threshold=hint.threshold
    )
