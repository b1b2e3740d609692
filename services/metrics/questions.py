"""From requests about metrics to queries of the warehouse."""

from collections.abc import Sequence

from shadower.metrics.v1 import metrics_service_pb2 as pb

from services.runtime.faults import invalid_field
from services.translation import requests
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.registry import BUILT_IN
from services.warehouse.queries.selection import Selection
from services.warehouse.queries.series import SeriesQuery

MetricsRequest = pb.GetMetricsRequest | pb.StreamMetricsRequest


def series_query(request: MetricsRequest, interval: Interval) -> SeriesQuery:
    _check_sources(request)
    return SeriesQuery(
        metrics=tuple(request.metrics),
        selection=Selection(interval, requests.fact_filter(request.filter)),
        dimensions=requests.dimensions(request.group_by),
        tags=tuple(request.group_by_tags),
        buckets=requests.buckets(interval, request.granularity, request.time_zone),
        point_statistic=_statistic(request.point_statistic),
    )


def _check_sources(request: MetricsRequest) -> None:
    """Executions have dimensions, points have tags: one question cannot narrow both."""
    points = [name for name in request.metrics if name not in BUILT_IN]
    built_in = [name for name in request.metrics if name in BUILT_IN]
    narrowed = requests.narrows_executions(request.filter)
    _refuse("filter", narrowed, points, "has no such fields, only tags")
    _refuse("group_by", bool(request.group_by), points, "has no dimensions, only tags")
    _refuse("filter.tags", bool(request.filter.tags), built_in, "has no tags")
    _refuse("group_by_tags", bool(request.group_by_tags), built_in, "has no tags")


def _refuse(field: str, is_set: bool, metrics: Sequence[str], why: str) -> None:
    if is_set and metrics:
        raise invalid_field(field, f"metric {metrics[0]} {why}")


def _statistic(number: int) -> str:
    if number == pb.POINT_STATISTIC_UNSPECIFIED:
        return "average"
    name = pb.PointStatistic.Name(number)  # type: ignore[arg-type]
    return name.removeprefix("POINT_STATISTIC_").lower()
