"""Counts that cost next to nothing where they are counted, and are looked at when someone asks.

Histograms of the SDK take tens of microseconds to record, which an answer from memory would pay
each time. Ours are two additions; readers are handed them when they collect. See
docs/decisions/0058-own-tallies.md.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    MetricsData,
)
from opentelemetry.sdk.metrics.export import Histogram as HistogramData

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of buckets for what callers wait for."""
LONG_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""The same for what goes on by itself."""

Labels = tuple[str, ...]
Look = Callable[[], Iterable[tuple[Labels, float]]]


@dataclass(frozen=True)
class Distribution:
    """How often, how long together, and how many were in each bucket."""

    bounds: Sequence[float]
    buckets: Sequence[int]
    total: float

    @property
    def count(self) -> int:
        return sum(self.buckets)

    def plus(self, other: "Distribution") -> "Distribution":
        buckets = [one + more for one, more in zip(self.buckets, other.buckets, strict=True)]
        return replace(self, buckets=buckets, total=self.total + other.total)

    def quantile(self, share: float) -> float:
        """About: within a bucket, values are taken to lie evenly; above the last bound, at it."""
        rank, passed, low = share * self.count, 0, 0.0
        for bound, number in zip(self.bounds, self.buckets, strict=False):
            if number and passed + number >= rank:
                return low + (bound - low) * (rank - passed) / number
            passed, low = passed + number, bound
        return self.bounds[-1] if self.count else 0.0


class _Tally:
    __slots__ = ("buckets", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.buckets = [0] * (len(bounds) + 1)
        self.total = 0.0


class Histogram:
    """Values by labels, whose names are given once. Labels must come from closed sets."""

    def __init__(
        self, name: str, unit: str, meaning: str, labels: Labels, bounds: Sequence[float]
    ) -> None:
        self.name = name
        self.unit = unit
        self.meaning = meaning
        self.labels = labels
        self.bounds = bounds
        self._began = time.time_ns()
        self._tallies: dict[Labels, _Tally] = {}

    def note(self, labels: Labels, value: float) -> None:
        tally = self._tallies.get(labels)
        if tally is None:
            tally = self._tallies[labels] = _Tally(self.bounds)
        tally.buckets[bisect_left(self.bounds, value)] += 1
        tally.total += value

    def figures(self) -> Mapping[Labels, Distribution]:
        """Copied in one step each: readers collect in threads of their own."""
        return {
            labels: Distribution(self.bounds, tally.buckets.copy(), tally.total)
            for labels, tally in self._tallies.copy().items()
        }

    def metric(self) -> Metric | None:
        """As readers get it; nothing if nothing was noted."""
        points = [self._point(labels, found) for labels, found in self.figures().items()]
        if not points:
            return None
        data = HistogramData(points, AggregationTemporality.CUMULATIVE)
        return Metric(self.name, self.meaning, self.unit, data)

    def _point(self, labels: Labels, found: Distribution) -> HistogramDataPoint:
        return HistogramDataPoint(
            attributes=dict(zip(self.labels, labels, strict=True)),
            start_time_unix_nano=self._began,
            time_unix_nano=time.time_ns(),
            count=found.count,
            sum=found.total,
            bucket_counts=found.buckets,
            explicit_bounds=self.bounds,
            min=0.0,
            max=found.quantile(1),
        )


def with_histograms(collected: MetricsData, histograms: Iterable[Histogram]) -> MetricsData:
    """What the SDK collected of the process, and what was counted beside it."""
    metrics = [metric for one in histograms if (metric := one.metric()) is not None]
    [resource, *resources] = collected.resource_metrics
    [scope, *scopes] = resource.scope_metrics
    whole = replace(scope, metrics=[*scope.metrics, *metrics])
    told = replace(resource, scope_metrics=[whole, *scopes])
    return MetricsData(resource_metrics=[told, *resources])


def summed(figures: Mapping[Labels, Distribution], part: int) -> Iterator[tuple[str, Distribution]]:
    """Together, by one of the labels."""
    sums: dict[str, Distribution] = {}
    for labels, found in figures.items():
        known = sums.get(labels[part])
        sums[labels[part]] = known.plus(found) if known else found
    yield from sums.items()
