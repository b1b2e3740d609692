"""AggregatesService: a question into a query, its rows into an answer."""

from collections.abc import AsyncIterator

from shadower.aggregates.v1 import aggregates_service_pb2 as pb
from shadower.aggregates.v1.aggregates_service_pb2_grpc import AggregatesServiceServicer
from shadower.aggregates.v1.aggregation_pb2 import AggregateValue
from shadower.aggregates.v1.aggregation_pb2 import Aggregation as AggregationMessage
from shadower.common.v1.time_interval_pb2 import TimeInterval

from services.aggregates.filling import FilledRow, GapFill, fill
from services.aggregates.rollups import Rollups
from services.runtime.cache.cache import Cache
from services.runtime.cache.handlers import cached
from services.runtime.cache.question import Answer
from services.runtime.call import Context
from services.runtime.faults import invalid_field
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation import requests
from services.translation.aggregations import aggregation, field_name, function_name
from services.translation.bases import basis
from services.translation.meaning import meaning
from services.translation.values import optional_number
from services.warehouse.database import Database, Session
from services.warehouse.queries.aggregation import (
    AggregateQuery,
    fetch_aggregates,
    fetch_top,
)
from services.warehouse.queries.buckets import Buckets
from services.warehouse.queries.grouped import GroupedRow
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection


class AggregatesServicer(AggregatesServiceServicer):
    """Translates between the contract and the warehouse's query engine."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._rollups = Rollups(database)
        self.cache = cache

    @cached(meaning)
    async def CalculateAggregates(self, request: pb.CalculateAggregatesRequest) -> Answer:
        query = _query(request)
        async with self._database.reading(request.workspace_id) as session:
            rows, groups = await _fetched(session, query, request.top_groups)
        filled = fill(rows, query, GapFill(request.gap_fill))
        names = [_name(one) for one in request.aggregations]
        reply = pb.CalculateAggregatesResponse(
            rows=[_row(row, names, query) for row in filled],
            interval=requests.time_interval(query.selection.interval),
            as_of=to_timestamp(session.as_of),
            complete_until=optional_timestamp(session.complete_until),
            total_groups=groups,
        )
        return Answer(reply, basis(request, session.revision, query.selection.interval))

    async def RollUp(
        self, request: pb.RollUpRequest, context: Context
    ) -> AsyncIterator[pb.RollUpResponse]:
        async for progress in self._rollups.roll_up(request):
            yield progress

    async def VerifyRollups(
        self, request: pb.VerifyRollupsRequest, context: Context
    ) -> AsyncIterator[pb.VerifyRollupsResponse]:
        async for verified in self._rollups.verify(request):
            yield verified

    async def ListRollups(
        self, request: pb.ListRollupsRequest, context: Context
    ) -> pb.ListRollupsResponse:
        return await self._rollups.list(request)


async def _fetched(
    session: Session, query: AggregateQuery, top_groups: int
) -> tuple[list[GroupedRow], int | None]:
    """Rows; and of how many groups, if only some are asked for."""
    if top_groups:
        return await fetch_top(session, query, top_groups)
    return await fetch_aggregates(session, query), None


def _query(request: pb.CalculateAggregatesRequest) -> AggregateQuery:
    _check_source(request)
    _check_names(request)
    interval = requests.interval(request)
    return AggregateQuery(
        aggregations=tuple(aggregation(message) for message in request.aggregations),
        selection=Selection(interval, requests.fact_filter(request.filter)),
        dimensions=requests.dimensions(request.group_by),
        tags=tuple(request.group_by_tags),
        buckets=requests.buckets(interval, request.granularity, request.time_zone),
    )


def _check_source(request: pb.CalculateAggregatesRequest) -> None:
    if request.aggregations[0].HasField("field"):
        if request.group_by_tags or request.filter.tags:
            field = "group_by_tags" if request.group_by_tags else "filter.tags"
            raise invalid_field(field, "executions have no tags")
    elif request.group_by or requests.narrows_executions(request.filter):
        field = "group_by" if request.group_by else "filter"
        raise invalid_field(field, "metric points have tags only")


def _check_names(request: pb.CalculateAggregatesRequest) -> None:
    names = [_name(one) for one in request.aggregations]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise invalid_field(f"aggregations[{index}].name", f"{name} is there already")


def _name(message: AggregationMessage) -> str:
    if message.name:
        return message.name
    percentile = repr(message.percentile).removesuffix(".0")
    words = [function_name(message), field_name(message) or message.metric_type]
    if message.HasField("percentile"):
        words.insert(1, percentile)
    return "_".join(words)


def _row(row: FilledRow, names: list[str], query: AggregateQuery) -> pb.AggregateRow:
    return pb.AggregateRow(
        labels=row.labels,
        bucket=_bucket(row.bucket, query.buckets, query.selection.interval),
        values=[
            AggregateValue(
                name=name, value=optional_number(value), filled=row.filled and value is not None
            )
            for name, value in zip(names, row.values, strict=True)
        ],
    )


def _bucket(bucket: int | None, buckets: Buckets | None, whole: Interval) -> TimeInterval:
    answered = whole if buckets is None or bucket is None else buckets[bucket]
    return requests.time_interval(answered)
