"""MetricsService: metrics over past time, metrics as they change, and the list of them."""

from collections.abc import AsyncIterator

from shadower.metrics.v1 import metrics_service_pb2 as pb
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceServicer

from services.metrics.answers import metric, series_of
from services.metrics.questions import series_query
from services.metrics.stream import MetricsStream
from services.metrics.views import Views
from services.runtime.cache.cache import Cache
from services.runtime.cache.handlers import cached
from services.runtime.cache.question import Answer
from services.runtime.call import Context, current_call
from services.runtime.ending import Ending
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation import requests
from services.translation.bases import basis
from services.translation.meaning import meaning
from services.translation.pages import bad_token, page_size, read_token, write_token
from services.warehouse.database import Database
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.registry import BUILT_IN, points_metric
from services.warehouse.queries.series import Position, fetch_series, is_position_in
from services.warehouse.queries.workspace import fetch_metric_types

DEFAULT_PAGE, MAX_PAGE = 1_000, 10_000
DEFAULT_LIST, MAX_LIST = 100, 1_000
MOST_METRICS = 2**31


class MetricsServicer(MetricsServiceServicer):
    """Translates between the contract and the warehouse's query engine."""

    def __init__(self, database: Database, views: Views, cache: Cache) -> None:
        self._database = database
        self._views = views
        self.cache = cache

    @cached(meaning)
    async def GetMetrics(self, request: pb.GetMetricsRequest) -> Answer:
        interval, position = _place(request)
        query = series_query(request, interval)
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        if not is_position_in(query, position):
            raise bad_token("is not one of ours")
        async with self._database.reading(request.workspace_id) as session:
            page = await fetch_series(session, query, limit, position)
        reply = pb.GetMetricsResponse(
            time_series=series_of(page.series, query),
            next_page_token=_next_token(request, interval, page.following),
            interval=requests.time_interval(interval),
            as_of=to_timestamp(session.as_of),
            complete_until=optional_timestamp(session.complete_until),
        )
        return Answer(reply, basis(request, session.revision, interval))

    # Its messages are encoded already, once for all who are told the same.
    def StreamMetrics(  # type: ignore[override]
        self, request: pb.StreamMetricsRequest, context: Context
    ) -> AsyncIterator[bytes]:
        call = current_call()
        ending = call.ending or Ending()
        return MetricsStream(self._views, call.workspace_id, request, ending).messages()

    async def ListMetrics(
        self, request: pb.ListMetricsRequest, context: Context
    ) -> pb.ListMetricsResponse:
        first = _first_metric(request)
        async with self._database.reading(request.workspace_id) as session:
            recorded = await fetch_metric_types(session)
        known = [*BUILT_IN.values(), *map(points_metric, recorded)]
        end = first + page_size(request.page_size, DEFAULT_LIST, MAX_LIST)
        return pb.ListMetricsResponse(
            metrics=[metric(one) for one in known[first:end]],
            next_page_token=write_token(request, None, [end]) if end < len(known) else "",
        )


def _place(request: pb.GetMetricsRequest) -> tuple[Interval, Position]:
    """The interval of the first page, and the position behind the last one."""
    if not request.page_token:
        return requests.interval(request), Position()
    interval, position = read_token(request)
    match position:
        case [int() as source, list() as key] if interval is not None:
            return interval, Position(source, tuple(key))
    raise bad_token("is not one of ours")


def _next_token(
    request: pb.GetMetricsRequest, interval: Interval, following: Position | None
) -> str:
    if following is None:
        return ""
    return write_token(request, interval, [following.source, list(following.key)])


def _first_metric(request: pb.ListMetricsRequest) -> int:
    if not request.page_token:
        return 0
    _, position = read_token(request)
    match position:
        case [int() as first] if 0 <= first < MOST_METRICS:
            return first
    raise bad_token("is not one of ours")
