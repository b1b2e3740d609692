"""From the warehouse's samples to the contract's series."""

from collections.abc import Iterable
from datetime import datetime

from shadower.metrics.v1 import metric_pb2 as pb

from services.runtime.times import to_timestamp
from services.translation.values import Value, optional_number
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
    return query.buckets[sample.bucket].start


def time_series(points: dict[PointKey, Value | None]) -> list[pb.TimeSeries]:
    """Series in the order in which their first points stand."""
    series: dict[tuple[object, ...], pb.TimeSeries] = {}
    for (metric, labels, start), value in points.items():
        one = series.get((metric, labels))
        if one is None:
            one = series[metric, labels] = pb.TimeSeries(metric=metric, labels=dict(labels))
        one.points.append(pb.Point(start_time=to_timestamp(start), value=optional_number(value)))
    return list(series.values())


def metric(known: Metric) -> pb.Metric:
    return pb.Metric(
        name=known.name,
        unit=known.unit,
        kind=pb.MetricKind.Value(f"METRIC_KIND_{known.kind.name}"),
        meaning=known.meaning,
    )
