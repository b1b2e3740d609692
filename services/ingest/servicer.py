"""IngestService: items in, results out."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from shadower.ingest.v1 import ingest_service_pb2 as pb
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceServicer
from shadower.ingest.v1.record_result_pb2 import RecordResult

from services.ingest.accounts import entry, hours_asked
from services.ingest.arrival import Arrival, part_of
from services.ingest.batches import (
    ItemKind,
    JudgedItems,
    counts,
    judge,
    refuse_if_nothing_is_valid,
)
from services.ingest.intake.intake import Intake
from services.ingest.kinds import EVENTS, EXECUTIONS, METRIC_POINTS
from services.ingest.lag import LogEnd
from services.runtime.call import Context, current_call
from services.runtime.draining import Draining, while_serving
from services.runtime.times import to_timestamp
from services.runtime.validator import MessageValidator
from services.warehouse.database import Database
from services.warehouse.facts.ledger import fetch_ledger
from services.warehouse.facts.positions import entries_behind


class IngestServicer(IngestServiceServicer):
    """Translates between the contract and what takes arrivals in."""

    def __init__(
        self,
        intake: Intake,
        database: Database,
        log_end: LogEnd,
        validator: MessageValidator,
        draining: Draining,
    ) -> None:
        self._intake = intake
        self._database = database
        self._log_end = log_end
        self._validator = validator
        self._draining = draining

    async def RecordExecutions(
        self, request: pb.RecordExecutionsRequest, context: Context
    ) -> pb.RecordExecutionsResponse:
        results = await self._record(EXECUTIONS, request)
        return pb.RecordExecutionsResponse(results=results, counts=counts(results))

    async def RecordMetricPoints(
        self, request: pb.RecordMetricPointsRequest, context: Context
    ) -> pb.RecordMetricPointsResponse:
        results = await self._record(METRIC_POINTS, request)
        return pb.RecordMetricPointsResponse(results=results, counts=counts(results))

    async def RecordEvents(
        self, request: pb.RecordEventsRequest, context: Context
    ) -> pb.RecordEventsResponse:
        results = await self._record(EVENTS, request)
        return pb.RecordEventsResponse(results=results, counts=counts(results))

    async def StreamRecords(
        self, request_iterator: AsyncIterator[pb.StreamRecordsRequest], context: Context
    ) -> AsyncIterator[pb.StreamRecordsResponse]:
        async for request in while_serving(request_iterator, self._draining):
            yield await self._acknowledge(request)

    async def Reconcile(
        self, request: pb.ReconcileRequest, context: Context
    ) -> pb.ReconcileResponse:
        # Before the account is read: what was acknowledged by now is in one or in the other.
        end = await self._log_end(request.workspace_id)
        async with self._database.reading(request.workspace_id) as session:
            asked = hours_asked(request, session.as_of)
            entries = await fetch_ledger(session, asked, recount=request.recount)
            behind = await entries_behind(session, *end) if end else None
        return pb.ReconcileResponse(
            entries=map(entry, entries),
            balanced=all(one.is_balanced for one in entries) if request.recount else None,
            as_of=to_timestamp(session.as_of),
            entries_behind=behind,
        )

    async def _record(self, kind: ItemKind, request: Any) -> list[RecordResult]:
        """Items of one kind. What is refused is taken into account before the call fails of it."""
        judged = judge(kind, getattr(request, kind.field), self._validator)
        [results] = await self._take([judged], request.ByteSize())
        refuse_if_nothing_is_valid(judged)
        return results

    async def _acknowledge(self, request: pb.StreamRecordsRequest) -> pb.StreamRecordsResponse:
        judged = [
            judge(kind, getattr(request, kind.field), self._validator)
            for kind in (EXECUTIONS, METRIC_POINTS, EVENTS)
        ]
        executions, points, events = await self._take(judged, request.ByteSize())
        return pb.StreamRecordsResponse(
            sequence=request.sequence,
            executions=executions,
            metric_points=points,
            events=events,
            counts=counts([*executions, *points, *events]),
        )

    async def _take(self, judged: Sequence[JudgedItems], size: int) -> list[list[RecordResult]]:
        arrival = Arrival(current_call().workspace_id, list(map(part_of, judged)), size)
        recorded = await self._intake.take(arrival)
        if recorded is None:
            return [one.results(None) for one in judged]
        return [one.results(recorded[one.kind.kind]) for one in judged]
