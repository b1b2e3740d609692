"""From the warehouse's samples to the contract's series."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from google.protobuf.timestamp_pb2 import Timestamp
from shadower.metrics.v1 import metric_pb2 as pb

from services.runtime.times import to_timestamp
from services.translation.values import Value, set_number
from services.warehouse.queries.registry import Metric
from services.warehouse.queries.series import Sample, SeriesQuery

PointKey = tuple[str, tuple[tuple[str, str], ...], datetime]
"""What tells a point apart: metric, labels, start of its bucket."""


def keyed(samples: Iterable[Sample], query: SeriesQuery) -> dict[PointKey, Value | None]:
    return {
        (sample.metric, tuple(sample.labels.items()), start_of(sample, query)): sample.value
        for sample in samples
    }


def start_of(sample: Sample, query: SeriesQuery) -> datetime:
    if query.buckets is None or sample.bucket is None:
        return query.selection.interval.start
    return query.buckets.starts[sample.bucket - 1]


def time_series(points: dict[PointKey, Value | None]) -> list[pb.TimeSeries]:
    """Series in the order in which their first points stand."""
    series: dict[tuple[object, ...], pb.TimeSeries] = {}
    for (name, labels, start), value in points.items():
        one = series.get((name, labels))
        if one is None:
            one = series[name, labels] = pb.TimeSeries(metric=name, labels=dict(labels))
        set_point(one.points.add(), to_timestamp(start), value)
    return list(series.values())


def series_of(samples: Iterable[Sample], query: SeriesQuery) -> list[pb.TimeSeries]:
    """The same of samples, which are in the order of series and of time."""
    series: list[pb.TimeSeries] = []
    starts: dict[int | None, Timestamp] = {}
    for (name, labels), of_one in groupby(samples, key=itemgetter(0, 1)):
        one = pb.TimeSeries(metric=name, labels=labels)
        add = one.points.add
        for sample in of_one:
            start = starts.get(sample.bucket)
            if start is None:
                start = starts[sample.bucket] = to_timestamp(start_of(sample, query))
            set_point(add(), start, sample.value)
        series.append(one)
    return series


def set_point(point: pb.Point, start: Timestamp, value: Value | None) -> None:
    # Field by field: a message that is built first and copied then takes three times as long.
    point.start_time.seconds = start.seconds
    if start.nanos:
        point.start_time.nanos = start.nanos
    if value is not None:
        set_number(point.value, value)


def metric(known: Metric) -> pb.Metric:
    return pb.Metric(
        name=known.name,
        unit=known.unit,
        kind=pb.MetricKind.Value(f"METRIC_KIND_{known.kind.name}"),
        meaning=known.meaning,
    )
