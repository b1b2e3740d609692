"""The services that know numbers, asked for one report: by the mesh, to read and nothing else."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from shadower.agents.v1.agents_service_pb2 import GetAgentPerformanceRequest, ListAgentsRequest
from shadower.agents.v1.agents_service_pb2_grpc import AgentsServiceStub
from shadower.aggregates.v1.aggregates_service_pb2 import CalculateAggregatesRequest
from shadower.aggregates.v1.aggregates_service_pb2_grpc import AggregatesServiceStub
from shadower.alerts.v1.alerts_service_pb2 import ListAlertsRequest, ListRulesRequest
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub
from shadower.common.v1.filter_pb2 import Filter
from shadower.common.v1.time_interval_pb2 import TimeInterval
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest
from shadower.workspaces.v1.workspaces_service_pb2_grpc import WorkspacesServiceStub

from services.runtime.mesh_tokens import MeshTokens
from services.runtime.times import to_datetime, to_timestamp

SUBJECT = "reports"
PERMISSIONS = (
    "agents:read",
    "aggregates:read",
    "alerts:read",
    "metrics:read",
    "workspaces:read",
)
SECONDS = 30.0
ASKED = (AGENTS, AGGREGATES, ALERTS, METRICS, WORKSPACES) = (
    "shadower.agents.v1.AgentsService",
    "shadower.aggregates.v1.AggregatesService",
    "shadower.alerts.v1.AlertsService",
    "shadower.metrics.v1.MetricsService",
    "shadower.workspaces.v1.WorkspacesService",
)
# What is asked again would be answered the same.
FOR_GOOD = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
}
NOW = Duration()


class UntoldError(Exception):
    """A service would not tell, however often it is asked. Its words say why."""


class UnansweredError(Exception):
    """A service could not tell, and may be able to later."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Asked:
    """What a report is about."""

    workspace_id: str
    start: datetime
    end: datetime
    time_zone: str
    filter: Filter

    @property
    def interval(self) -> TimeInterval:
        return _interval(self.start, self.end)

    @property
    def interval_before(self) -> TimeInterval:
        """Of equal length, as the services compare."""
        return _interval(self.start - (self.end - self.start), self.start)

    @property
    def is_of_all(self) -> bool:
        """Whether every execution counts."""
        return self.filter == Filter()


class Stubs:
    """Of the services that are asked. Raises KeyError for one without a channel."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        """By the services' full names."""
        self.agents: Any = AgentsServiceStub(channels[AGENTS])
        self.aggregates: Any = AggregatesServiceStub(channels[AGGREGATES])
        self.alerts: Any = AlertsServiceStub(channels[ALERTS])
        self.metrics: Any = MetricsServiceStub(channels[METRICS])
        self.workspaces: Any = WorkspacesServiceStub(channels[WORKSPACES])


@dataclass(frozen=True)
class Mesh:
    """Where the services are, and by whose tokens they are asked."""

    stubs: Stubs
    tokens: MeshTokens

    def about(self, asked: Asked) -> "Questions":
        token = self.tokens.service_token(SUBJECT, asked.workspace_id, PERMISSIONS)
        return Questions(asked, self.stubs, token)


@dataclass
class Questions:
    """Asks, and remembers how complete the answers are. Raises UntoldError and UnansweredError."""

    asked: Asked
    stubs: Stubs
    token: Callable[[], dict[str, str]]
    as_of: list[datetime] = field(default_factory=list)
    complete_until: list[datetime | None] = field(default_factory=list)

    async def metrics(
        self, names: Sequence[str], interval: TimeInterval, granularity: int = 0
    ) -> list[Any]:
        """Series of the metrics that are known, in order."""
        request = GetMetricsRequest(
            workspace_id=self.asked.workspace_id,
            metrics=names,
            interval=interval,
            granularity=granularity,  # type: ignore[arg-type]
            time_zone=self.asked.time_zone,
            filter=self.asked.filter,
            page_size=10_000,
            max_staleness=NOW,
        )
        answer = await self._ask(self.stubs.metrics.GetMetrics, request)
        if answer.next_page_token:
            raise UntoldError("there are more values than a report has room for")
        self._note(answer)
        return list(answer.time_series)

    async def summary(self) -> Any:
        request = GetWorkspaceSummaryRequest(
            workspace_id=self.asked.workspace_id,
            interval=self.asked.interval,
            time_zone=self.asked.time_zone,
            max_staleness=NOW,
        )
        answer = await self._ask(self.stubs.workspaces.GetWorkspaceSummary, request)
        self._note(answer.summary)
        return answer.summary

    async def agents(self, most: int) -> list[Any]:
        """Those that ran most."""
        request = ListAgentsRequest(
            workspace_id=self.asked.workspace_id,
            interval=self.asked.interval,
            filter=self.asked.filter,
            page_size=most,
            max_staleness=NOW,
        )
        answer = await self._ask(self.stubs.agents.ListAgents, request)
        self._note(answer)
        return list(answer.agents)

    async def performance(self, agent_id: str) -> Any:
        request = GetAgentPerformanceRequest(
            workspace_id=self.asked.workspace_id,
            agent_id=agent_id,
            interval=self.asked.interval,
            time_zone=self.asked.time_zone,
            max_staleness=NOW,
        )
        answer = await self._ask(self.stubs.agents.GetAgentPerformance, request)
        self._note(answer.performance)
        return answer.performance

    async def groups(self, aggregations: Sequence[Any], dimension: int, most: int) -> Any:
        """A row of values for each of those groups that have most of the first, and how many there
        are."""
        request = CalculateAggregatesRequest(
            workspace_id=self.asked.workspace_id,
            interval=self.asked.interval,
            filter=self.asked.filter,
            aggregations=aggregations,
            group_by=[dimension],  # type: ignore[list-item]
            top_groups=most,
            max_staleness=NOW,
        )
        answer = await self._ask(self.stubs.aggregates.CalculateAggregates, request)
        self._note(answer)
        return answer

    async def alerts(self, states: Sequence[int], token: str) -> Any:
        """A page of them, those that began last first."""
        request = ListAlertsRequest(
            workspace_id=self.asked.workspace_id,
            states=states,  # type: ignore[arg-type]
            page_size=500,
            page_token=token,
        )
        answer = await self._ask(self.stubs.alerts.ListAlerts, request)
        self.as_of.append(to_datetime(answer.as_of))
        return answer

    async def rules(self, token: str) -> Any:
        """A page of them."""
        request = ListRulesRequest(
            workspace_id=self.asked.workspace_id, page_size=500, page_token=token
        )
        return await self._ask(self.stubs.alerts.ListRules, request)

    async def _ask(self, rpc: Any, request: Any) -> Any:
        with _told():
            return await rpc(request, metadata=tuple(self.token().items()), timeout=SECONDS)

    def _note(self, answer: Any) -> None:
        self.as_of.append(to_datetime(answer.as_of))
        is_known = answer.HasField("complete_until")
        self.complete_until.append(to_datetime(answer.complete_until) if is_known else None)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except grpc.aio.AioRpcError as failed:
        said = failed.details() or ""
        if failed.code() in FOR_GOOD:
            raise UntoldError(said) from failed
        raise UnansweredError(_reason(failed), said) from failed


def _reason(failed: grpc.aio.AioRpcError) -> str:
    """Of our own errors, or what gRPC calls it."""
    status = rpc_status.from_call(failed)  # type: ignore[arg-type]
    info = ErrorInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info):
            return str(info.reason)
    return failed.code().name


def _interval(start: datetime, end: datetime) -> TimeInterval:
    return TimeInterval(start_time=to_timestamp(start), end_time=to_timestamp(end))
