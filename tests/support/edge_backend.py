"""A backend that echoes: all six services in one server, without a database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from shadower.agents.v1 import agent_summary_pb2, agents_service_pb2, agents_service_pb2_grpc
from shadower.aggregates.v1 import aggregates_service_pb2, aggregates_service_pb2_grpc
from shadower.bus.v1 import dead_letters_service_pb2, dead_letters_service_pb2_grpc
from shadower.common.v1 import number_pb2, statistics_pb2
from shadower.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc, record_result_pb2
from shadower.metrics.v1 import metric_pb2, metrics_service_pb2, metrics_service_pb2_grpc
from shadower.workspaces.v1 import (
    workspace_summary_pb2,
    workspaces_service_pb2,
    workspaces_service_pb2_grpc,
)

SERVICES = (
    "shadower.agents.v1.AgentsService",
    "shadower.aggregates.v1.AggregatesService",
    "shadower.bus.v1.DeadLettersService",
    "shadower.ingest.v1.IngestService",
    "shadower.metrics.v1.MetricsService",
    "shadower.workspaces.v1.WorkspacesService",
)
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


@dataclass
class Backend:
    """What the echoing services saw, and when they may go on."""

    messages: list[Any] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    remaining: float | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    health: HealthServicer = field(default_factory=HealthServicer)

    async def saw(self, request: Any, context: Any) -> None:
        """Notes the call; a workspace's name says how it goes on."""
        self.messages.append(request)
        self.metadata = {key: str(value) for key, value in context.invocation_metadata()}
        self.remaining = context.time_remaining()
        if request.workspace_id == "broken":
            await context.abort_with_status(rpc_status.to_status(refusal()))
        if request.workspace_id == "slow":
            await asyncio.sleep(60)


def refusal() -> status_pb2.Status:
    """The error of a service: a status with two details."""
    reason = error_details_pb2.ErrorInfo(reason="VALIDATION_FAILED", domain="shadower.dev")
    fields = error_details_pb2.BadRequest(
        field_violations=[{"field": "interval.end_time", "description": "must be later"}]
    )
    details = [any_pb2.Any(), any_pb2.Any()]
    details[0].Pack(reason)
    details[1].Pack(fields)
    return status_pb2.Status(
        code=code_pb2.INVALID_ARGUMENT, message="interval is not valid", details=details
    )


class Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    """Echoes what was asked for."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def GetMetrics(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        points = [metric_pb2.Point(value=number_pb2.Number(integer=0)), metric_pb2.Point()]
        names = [*request.metrics] * (20_000 if request.workspace_id == "large" else 1)
        series = [metric_pb2.TimeSeries(metric=name, points=points) for name in names]
        return metrics_service_pb2.GetMetricsResponse(time_series=series)

    async def StreamMetrics(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._backend.saw(request, context)
        response = metrics_service_pb2.StreamMetricsResponse
        yield response(cursor="1", snapshot=response.Snapshot())
        await self._backend.gate.wait()
        yield response(cursor="2", heartbeat=response.Heartbeat())
        yield response(cursor="3", status=refusal())

    async def ListMetrics(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        return metrics_service_pb2.ListMetricsResponse(next_page_token=request.page_token)


class Agents(agents_service_pb2_grpc.AgentsServiceServicer):
    """Echoes what was asked for."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def ListAgents(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        counts = statistics_pb2.ExecutionCounts(total=2**60)
        agent = agent_summary_pb2.AgentSummary(agent_id="idle", executions=counts)
        return agents_service_pb2.ListAgentsResponse(agents=[agent])

    async def GetAgentPerformance(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        response = agents_service_pb2.GetAgentPerformanceResponse()
        response.performance.agent_id = request.agent_id
        return response


class Aggregates(aggregates_service_pb2_grpc.AggregatesServiceServicer):
    """Echoes what was asked for."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def CalculateAggregates(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        rows = [aggregates_service_pb2.AggregateRow() for _ in request.aggregations]
        return aggregates_service_pb2.CalculateAggregatesResponse(rows=rows)

    async def RollUp(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._backend.saw(request, context)
        yield aggregates_service_pb2.RollUpResponse()

    async def VerifyRollups(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._backend.saw(request, context)
        yield aggregates_service_pb2.VerifyRollupsResponse()

    async def ListRollups(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        return aggregates_service_pb2.ListRollupsResponse()


class Workspaces(workspaces_service_pb2_grpc.WorkspacesServiceServicer):
    """Answers with a workspace in which nothing happened."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def GetWorkspaceSummary(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        summary = workspace_summary_pb2.WorkspaceSummary(workspace_id=request.workspace_id)
        summary.tokens.SetInParent()
        summary.cost.average_cost_usd = ""
        return workspaces_service_pb2.GetWorkspaceSummaryResponse(summary=summary)


class Ingest(ingest_service_pb2_grpc.IngestServiceServicer):
    """Counts what was sent."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def RecordExecutions(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        return ingest_service_pb2.RecordExecutionsResponse(counts=_counts(request.executions))

    async def RecordMetricPoints(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        return ingest_service_pb2.RecordMetricPointsResponse(counts=_counts(request.metric_points))

    async def RecordEvents(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        return ingest_service_pb2.RecordEventsResponse(counts=_counts(request.events))

    async def Reconcile(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        return ingest_service_pb2.ReconcileResponse(balanced=request.recount or None)

    async def StreamRecords(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        async for request in requests:
            await self._backend.saw(request, context)
            items = [*request.executions, *request.metric_points, *request.events]
            yield ingest_service_pb2.StreamRecordsResponse(
                sequence=request.sequence, counts=_counts(items)
            )


class DeadLetters(dead_letters_service_pb2_grpc.DeadLettersServiceServicer):
    """Echoes what was asked for."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def ListDeadLetters(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        return dead_letters_service_pb2.ListDeadLettersResponse(next_page_token=request.page_token)

    async def GetDeadLetter(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        response = dead_letters_service_pb2.GetDeadLetterResponse()
        response.dead_letter.dead_letter_id = request.dead_letter_id
        return response

    async def ReplayDeadLetters(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        results = [{"dead_letter_id": one} for one in request.dead_letter_ids]
        return dead_letters_service_pb2.ReplayDeadLettersResponse(results=results)

    async def DropDeadLetters(self, request: Any, context: Any) -> Any:
        await self._backend.saw(request, context)
        results = [{"dead_letter_id": one} for one in request.dead_letter_ids]
        return dead_letters_service_pb2.DropDeadLettersResponse(results=results)


def _counts(items: Any) -> record_result_pb2.RecordCounts:
    return record_result_pb2.RecordCounts(received=len(items), stored=len(items))


@asynccontextmanager
async def running_backend(port: int, host: str = "127.0.0.1") -> AsyncIterator[Backend]:
    """All six services in one server."""
    backend = Backend()
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)])
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(Metrics(backend), server)
    agents_service_pb2_grpc.add_AgentsServiceServicer_to_server(Agents(backend), server)
    aggregates_service_pb2_grpc.add_AggregatesServiceServicer_to_server(Aggregates(backend), server)
    workspaces_service_pb2_grpc.add_WorkspacesServiceServicer_to_server(Workspaces(backend), server)
    ingest_service_pb2_grpc.add_IngestServiceServicer_to_server(Ingest(backend), server)
    dead_letters_service_pb2_grpc.add_DeadLettersServiceServicer_to_server(
        DeadLetters(backend), server
    )
    health_pb2_grpc.add_HealthServicer_to_server(backend.health, server)
    reflection.enable_server_reflection((*SERVICES, reflection.SERVICE_NAME), server)
    await serving(backend, SERVICES)
    server.add_insecure_port(f"{host}:{port}")
    await server.start()
    try:
        yield backend
    finally:
        await server.stop(None)


async def serving(backend: Backend, services: tuple[str, ...], *, healthy: bool = True) -> None:
    states = health_pb2.HealthCheckResponse
    for service in services:
        await backend.health.set(service, states.SERVING if healthy else states.NOT_SERVING)
