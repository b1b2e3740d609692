"""What is asked of a history, by gRPC and by SQL; and the figures in which answers must agree."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from google.protobuf.message import Message
from shadower.agents.v1 import agents_service_pb2 as agents
from shadower.aggregates.v1 import aggregates_service_pb2 as aggregates
from shadower.aggregates.v1.aggregation_pb2 import Aggregation, Field, Function
from shadower.common.v1.dimension_pb2 import Dimension
from shadower.common.v1.granularity_pb2 import Granularity
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.metrics.v1 import metrics_service_pb2 as metrics
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces

AGENT = "agent-3"
# What percentiles of bins may be beside the true ones.
TOLERANCE = 0.01
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Figures:
    """Of all groups of an answer."""

    executions: int
    cost: Decimal
    longest_p95: float

    def agree_with(self, other: "Figures") -> bool:
        difference = abs(self.longest_p95 - other.longest_p95)
        exact = (self.executions, self.cost) == (other.executions, other.cost)
        return exact and difference <= TOLERANCE * other.longest_p95


@dataclass(frozen=True)
class Question:
    """The RPC, its request in an interval, and the statements that give the same answer."""

    service: str
    path: str
    request: Callable[[str, TimeInterval], Message]
    figures: Callable[[bytes], Figures]
    statements: tuple[str, ...]


def interval(start: datetime, end: datetime) -> TimeInterval:
    asked = TimeInterval()
    asked.start_time.FromDatetime(start)
    asked.end_time.FromDatetime(end)
    return asked


def figures_of_rows(rows: Iterable[Mapping[str, Any]]) -> Figures:
    current = [row for row in rows if row.get("is_current", True)]
    return Figures(
        sum(row["executions"] for row in current),
        sum((row["cost"] for row in current), Decimal()),
        max(_p95(row) for row in current) / MICROSECONDS,
    )


def _p95(row: Mapping[str, Any]) -> float:
    return float(row["p95"] if "p95" in row else row["percentiles"][3])


def _summary(workspace: str, asked: TimeInterval) -> Message:
    return workspaces.GetWorkspaceSummaryRequest(workspace_id=workspace, interval=asked)


def _summary_figures(reply: bytes) -> Figures:
    return _statistics(workspaces.GetWorkspaceSummaryResponse.FromString(reply).summary)


def _performance(workspace: str, asked: TimeInterval) -> Message:
    return agents.GetAgentPerformanceRequest(workspace_id=workspace, agent_id=AGENT, interval=asked)


def _performance_figures(reply: bytes) -> Figures:
    return _statistics(agents.GetAgentPerformanceResponse.FromString(reply).performance)


def _statistics(answer: Any) -> Figures:
    p95 = answer.duration.p95.ToTimedelta().total_seconds()
    return Figures(answer.executions.total, Decimal(answer.cost.cost_usd), p95)


def _metrics(workspace: str, asked: TimeInterval) -> Message:
    return metrics.GetMetricsRequest(
        workspace_id=workspace,
        interval=asked,
        metrics=("executions", "success_rate", "duration_p95", "total_tokens", "cost"),
        granularity=Granularity.GRANULARITY_HOUR,
    )


def _metrics_figures(reply: bytes) -> Figures:
    answer = metrics.GetMetricsResponse.FromString(reply)
    values = {one.metric: [point.value for point in one.points] for one in answer.time_series}
    return _added(values["executions"], values["cost"], values["duration_p95"])


def _aggregates(workspace: str, asked: TimeInterval) -> Message:
    count, total, distinct = (
        Function.FUNCTION_COUNT,
        Function.FUNCTION_SUM,
        Function.FUNCTION_DISTINCT,
    )
    return aggregates.CalculateAggregatesRequest(
        workspace_id=workspace,
        interval=asked,
        aggregations=[
            Aggregation(function=count, field=Field.FIELD_EXECUTION),
            Aggregation(function=total, field=Field.FIELD_COST),
            Aggregation(
                function=Function.FUNCTION_PERCENTILE, field=Field.FIELD_DURATION, percentile=95
            ),
            Aggregation(function=distinct, field=Field.FIELD_USER),
        ],
        group_by=[Dimension.DIMENSION_MODEL],
        granularity=Granularity.GRANULARITY_DAY,
    )


def _aggregates_figures(reply: bytes) -> Figures:
    rows = aggregates.CalculateAggregatesResponse.FromString(reply).rows
    counts, costs, p95s = ([row.values[number].value for row in rows] for number in range(3))
    return _added(counts, costs, p95s)


def _added(counts: Iterable[Any], costs: Iterable[Any], p95s: Iterable[Any]) -> Figures:
    return Figures(
        sum(number.integer for number in counts),
        sum((Decimal(number.decimal) for number in costs), Decimal()),
        max(number.real for number in p95s),
    )


QUESTIONS = {
    "GetWorkspaceSummary": Question(
        "workspaces",
        "/shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary",
        _summary,
        _summary_figures,
        ("summary", "summary_users", "summary_days", "summary_top"),
    ),
    "GetAgentPerformance": Question(
        "agents",
        "/shadower.agents.v1.AgentsService/GetAgentPerformance",
        _performance,
        _performance_figures,
        (
            "performance",
            "performance_workspace",
            "performance_standing",
            "performance_reliability",
            "performance_concurrency",
            "performance_models",
            "performance_errors",
            "performance_error_patterns",
            "performance_usage",
            "performance_users",
            "performance_trend",
        ),
    ),
    "GetMetrics": Question(
        "metrics",
        "/shadower.metrics.v1.MetricsService/GetMetrics",
        _metrics,
        _metrics_figures,
        ("metrics",),
    ),
    "CalculateAggregates": Question(
        "aggregates",
        "/shadower.aggregates.v1.AggregatesService/CalculateAggregates",
        _aggregates,
        _aggregates_figures,
        ("aggregates",),
    ),
}
