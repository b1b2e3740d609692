"""IngestService: items in, results out."""

from collections.abc import AsyncIterator
from operator import attrgetter
from typing import Any

from shadower.ingest.v1 import ingest_service_pb2 as pb
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceServicer

from services.ingest import facts
from services.ingest.batches import (
    ItemKind,
    JudgedItems,
    counts,
    judge,
    refuse_if_nothing_is_valid,
)
from services.ingest.checks import check_event, check_point
from services.runtime.call import Context, current_call
from services.runtime.draining import Draining, while_serving
from services.runtime.validator import MessageValidator
from services.warehouse.facts.recorder import Batch, Recorder

EXECUTIONS = ItemKind(
    "executions",
    "execution_id",
    "EXECUTION_CONFLICT",
    facts.execution,
    attrgetter("execution_id"),
)
METRIC_POINTS = ItemKind(
    "metric_points",
    "point_id",
    "METRIC_POINT_CONFLICT",
    facts.metric_point,
    attrgetter("id"),
    check_point,
)
EVENTS = ItemKind(
    "events", "event_id", "EVENT_CONFLICT", facts.event, attrgetter("id"), check_event
)


class IngestServicer(IngestServiceServicer):
    """Translates between the contract and the recorder."""

    def __init__(self, recorder: Recorder, validator: MessageValidator, draining: Draining) -> None:
        self._recorder = recorder
        self._validator = validator
        self._draining = draining

    async def RecordExecutions(
        self, request: pb.RecordExecutionsRequest, context: Context
    ) -> pb.RecordExecutionsResponse:
        judged = judge(EXECUTIONS, request.executions, self._validator)
        refuse_if_nothing_is_valid(judged)
        batch = Batch(executions=list(judged.facts.values()))
        recorded = await self._recorder.record(request.workspace_id, batch)
        results = judged.results(recorded.executions)
        return pb.RecordExecutionsResponse(results=results, counts=counts(results))

    async def RecordMetricPoints(
        self, request: pb.RecordMetricPointsRequest, context: Context
    ) -> pb.RecordMetricPointsResponse:
        judged = judge(METRIC_POINTS, request.metric_points, self._validator)
        refuse_if_nothing_is_valid(judged)
        batch = Batch(metric_points=list(judged.facts.values()))
        recorded = await self._recorder.record(request.workspace_id, batch)
        results = judged.results(recorded.metric_points)
        return pb.RecordMetricPointsResponse(results=results, counts=counts(results))

    async def RecordEvents(
        self, request: pb.RecordEventsRequest, context: Context
    ) -> pb.RecordEventsResponse:
        judged = judge(EVENTS, request.events, self._validator)
        refuse_if_nothing_is_valid(judged)
        batch = Batch(events=list(judged.facts.values()))
        recorded = await self._recorder.record(request.workspace_id, batch)
        results = judged.results(recorded.events)
        return pb.RecordEventsResponse(results=results, counts=counts(results))

    async def StreamRecords(
        self, request_iterator: AsyncIterator[pb.StreamRecordsRequest], context: Context
    ) -> AsyncIterator[pb.StreamRecordsResponse]:
        async for request in while_serving(request_iterator, self._draining):
            yield await self._acknowledge(request)

    async def _acknowledge(self, request: pb.StreamRecordsRequest) -> pb.StreamRecordsResponse:
        executions, points, events = self._judge_all(request)
        batch = Batch(
            executions=list(executions.facts.values()),
            metric_points=list(points.facts.values()),
            events=list(events.facts.values()),
        )
        recorded = await self._recorder.record(current_call().workspace_id, batch)
        reply = pb.StreamRecordsResponse(
            sequence=request.sequence,
            executions=executions.results(recorded.executions),
            metric_points=points.results(recorded.metric_points),
            events=events.results(recorded.events),
        )
        results: list[Any] = [*reply.executions, *reply.metric_points, *reply.events]
        reply.counts.CopyFrom(counts(results))
        return reply

    def _judge_all(self, request: pb.StreamRecordsRequest) -> list[JudgedItems]:
        return [
            judge(EXECUTIONS, request.executions, self._validator),
            judge(METRIC_POINTS, request.metric_points, self._validator),
            judge(EVENTS, request.events, self._validator),
        ]
