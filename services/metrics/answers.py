"""From the warehouse's samples to the contract's series."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache

from shadower.metrics.v1 import metric_pb2 as pb

from services.runtime.times import to_timestamp
from services.translation.values import Value, set_number
from services.warehouse.queries.registry import Metric
from services.warehouse.queries.series import Series, SeriesQuery

Start = tuple[int, int]
"""Seconds and nanoseconds of a timestamp."""
PointKey = tuple[str, tuple[tuple[str, str], ...], datetime]
"""What tells a point apart: metric, labels, start of its bucket."""


def keyed(series: Iterable[Series], query: SeriesQuery) -> dict[PointKey, Value | None]:
    return {
        (one.metric, tuple(one.labels.items()), start_of(bucket, query)): value
        for one in series
        for bucket, value in one.points
    }


def start_of(bucket: int | None, query: SeriesQuery) -> datetime:
    if query.buckets is None or bucket is None:
        return query.selection.interval.start
    return query.buckets.starts[bucket - 1]


def time_series(points: dict[PointKey, Value | None]) -> list[pb.TimeSeries]:
    """Series in the order in which their first points stand."""
    series: dict[tuple[object, ...], pb.TimeSeries] = {}
    for (name, labels, start), value in points.items():
        one = series.get((name, labels))
        if one is None:
            one = series[name, labels] = pb.TimeSeries(metric=name, labels=dict(labels))
        set_point(one.points.add(), start_of_point(start), value)
    return list(series.values())


def series_of(series: Iterable[Series], query: SeriesQuery) -> list[pb.TimeSeries]:
    """The same of series as they were fetched, which share their starts."""
    start_of_bucket = cache(lambda bucket: start_of_point(start_of(bucket, query)))
    return [_series(one, start_of_bucket) for one in series]


def _series(series: Series, start_of_bucket: Callable[[int | None], Start]) -> pb.TimeSeries:
    made = pb.TimeSeries(metric=series.metric, labels=series.labels)
    add = made.points.add
    for bucket, value in series.points:
        set_point(add(), start_of_bucket(bucket), value)
    return made


def start_of_point(start: datetime) -> Start:
    timestamp = to_timestamp(start)
    return timestamp.seconds, timestamp.nanos


def set_point(point: pb.Point, start: Start, value: Value | None) -> None:
    # Field by field: a message that is built first and copied then takes three times as long.
    seconds, nanos = start
    point.start_time.seconds = seconds
    if nanos:
        point.start_time.nanos = nanos
    if value is not None:
        set_number(point.value, value)


def metric(known: Metric) -> pb.Metric:
    return pb.Metric(
        name=known.name,
        unit=known.unit,
        kind=pb.MetricKind.Value(f"METRIC_KIND_{known.kind.name}"),
        meaning=known.meaning,
    )
