"""What is tallied is what the SDK's own histograms say."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from services.runtime.telemetry.tallies import (
    SECONDS,
    Distribution,
    Histogram,
    summed,
    with_histograms,
)

LABELS = ("rpc.method", "rpc.response.status_code")


@pytest.fixture
def values() -> list[tuple[tuple[str, str], float]]:
    """On bounds, between them and beyond them."""
    random = Random(5)
    edges = [*SECONDS, 0.0, 31.0]
    spread = [random.expovariate(20) for _ in range(500)]
    methods = [("a/B", "OK"), ("a/B", "INTERNAL"), ("c/D", "OK")]
    return [(random.choice(methods), value) for value in (*edges, *spread)]


def points(data: Any, name: str) -> Iterator[Any]:
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name == name:
                    yield from metric.data.data_points


def test_they_say_what_the_sdk_says(values: list[tuple[tuple[str, str], float]]) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    oracle = provider.get_meter("test").create_histogram(
        "oracle", "s", explicit_bucket_boundaries_advisory=SECONDS
    )
    ours = Histogram("ours", "s", "", LABELS, SECONDS)
    for labels, value in values:
        oracle.record(value, dict(zip(LABELS, labels, strict=True)))
        ours.note(labels, value)
    data: Any = with_histograms(reader.get_metrics_data(), [ours])  # type: ignore[arg-type]
    expected, told = (
        {
            tuple(point.attributes.values()): (
                list(point.bucket_counts),
                list(point.explicit_bounds),
                point.count,
                pytest.approx(point.sum),
            )
            for point in points(data, name)
        }
        for name in ("oracle", "ours")
    )
    assert told == expected
    assert len(told) == 3
    provider.shutdown()


def test_quantiles_lie_in_the_bucket_of_the_value_that_they_are_about(
    values: list[tuple[tuple[str, str], float]],
) -> None:
    histogram = Histogram("ours", "s", "", LABELS, SECONDS)
    for _, value in values:
        histogram.note(("a/B", "OK"), value)
    [found] = histogram.figures().values()
    ordered = sorted(value for _, value in values)
    bounds = [0.0, *SECONDS]
    for share in (0.01, 0.5, 0.95, 0.99):
        true = ordered[max(round(share * len(ordered)) - 1, 0)]
        low = max(bound for bound in bounds if bound < true or bound == 0.0)
        high = min((bound for bound in bounds if bound >= true), default=SECONDS[-1])
        assert low <= found.quantile(share) <= high
    assert found.count == len(values)


def test_of_nothing_there_is_nothing() -> None:
    histogram = Histogram("ours", "s", "", LABELS, SECONDS)
    assert histogram.metric() is None
    assert Distribution(SECONDS, [0] * 15, 0.0).quantile(0.95) == 0.0
    histogram.note(("a/B", "OK"), 100.0)
    [found] = histogram.figures().values()
    assert found.quantile(0.5) == SECONDS[-1]


def test_sums_are_by_one_label(values: list[tuple[tuple[str, str], float]]) -> None:
    histogram = Histogram("ours", "s", "", LABELS, SECONDS)
    for labels, value in values:
        histogram.note(labels, value)
    sums = dict(summed(histogram.figures(), 0))
    assert sums["a/B"].count == sum(labels[0] == "a/B" for labels, _ in values)
    assert sums.keys() == {"a/B", "c/D"}
