"""Points of OTLP's metrics as points of ours."""

from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from services.ingest.otlp.points import JudgedPoints, judge_points
from services.runtime.validator import MessageValidator
from tests.support.otlp import START, attributes

VALIDATOR = MessageValidator()
QUEUE = {"service.name": "shop", "queue": "a"}


def judged(name: str, kind: str, service: str = "shop", **fields: Any) -> JudgedPoints:
    """One metric of one point."""
    given: dict[str, Any] = {"time_unix_nano": START, "attributes": {"queue": "a"}} | fields
    given["attributes"] = attributes(given["attributes"])
    metric = Metric(name=name, **{kind: {"data_points": [given]}})
    resource = {"attributes": attributes({"service.name": service} if service else {})}
    scopes = [{"metrics": [metric]}]
    request = ExportMetricsServiceRequest(
        resource_metrics=[{"resource": resource, "scope_metrics": scopes}]
    )
    return judge_points(request, VALIDATOR)


def values(told: JudgedPoints) -> dict[str, float]:
    assert told.refused == []
    for point in told.points:
        assert dict(point.tags) == QUEUE
        assert point.timestamp.ToNanoseconds() == START
        assert point.point_id == ""
    return {point.metric_type: point.value for point in told.points}


@pytest.mark.parametrize("kind", ["gauge", "sum"])
def test_a_number_is_a_point(kind: str) -> None:
    assert values(judged("depth", kind, as_int=7)) == {"depth": 7.0}
    assert values(judged("depth", kind, as_double=-0.5)) == {"depth": -0.5}


def test_a_histogram_is_its_count_sum_and_ends() -> None:
    whole = judged("t", "histogram", count=3, sum=6.5, min=1, max=4, bucket_counts=[3])
    assert values(whole) == {"t.count": 3, "t.sum": 6.5, "t.min": 1, "t.max": 4}
    assert values(judged("t", "histogram", count=3)) == {"t.count": 3}
    scaled = judged("t", "exponential_histogram", count=2, sum=0.0, max=2, scale=3)
    assert values(scaled) == {"t.count": 2, "t.sum": 0, "t.max": 2}


def test_a_summary_is_its_count_sum_and_ends() -> None:
    quantiles = [{"quantile": q, "value": q * 10} for q in (0.0, 0.5, 1.0)]
    told = judged("t", "summary", count=3, sum=6.5, quantile_values=quantiles)
    assert values(told) == {"t.count": 3, "t.sum": 6.5, "t.min": 0, "t.max": 10}


def test_scalars_are_tags_and_lists_are_not() -> None:
    told = judged(
        "d", "gauge", "", as_int=1, attributes={"s": "x", "b": True, "i": 3, "f": 0.5, "l": [1]}
    )
    assert dict(told.points[0].tags) == {"s": "x", "b": "true", "i": "3", "f": "0.5"}


@pytest.mark.parametrize(
    ("name", "kind", "fields", "reason"),
    [
        ("depth", "gauge", {}, "a point has no value"),
        ("depth", "gauge", {"as_int": 1, "time_unix_nano": 0}, "timestamp: "),
        ("depth", "gauge", {"as_double": float("nan")}, "value: "),
        ("depth", "histogram", {"count": 1, "sum": float("inf")}, "value: "),
        ("success_rate", "gauge", {"as_int": 1}, "success_rate is a built-in metric"),
        ("1st", "gauge", {"as_int": 1}, "metric_type: "),
        ("depth", "gauge", {"as_int": 1, "attributes": {"a b": "c"}}, "tags"),
        ("depth", "gauge", {"as_int": 1, "attributes": {"a": "c" * 257}}, "tags"),
        (
            "depth",
            "gauge",
            {"as_int": 1, "attributes": {f"a{n}": n for n in range(129)}},
            "a point has more than 128 attributes",
        ),
    ],
)
def test_a_bad_point_is_refused_whole(
    name: str, kind: str, fields: dict[str, Any], reason: str
) -> None:
    told = judged(name, kind, **fields)
    assert told.points == []
    (said,) = told.refused
    assert said.startswith(reason)
    partial = told.response().partial_success
    assert partial.rejected_data_points == 1
    assert partial.error_message == f"{said} (1)"


def test_a_point_that_says_there_is_no_value_is_no_point_and_no_fault() -> None:
    told = judged("depth", "gauge", flags=1)
    assert (told.points, told.refused) == ([], [])


def series(resource: dict[str, Any], scope: str, **at: Any) -> dict[str, str]:
    """The tags of a point that such a program told."""
    point = {"as_int": 1, "time_unix_nano": START, "attributes": attributes(at)}
    metrics = [Metric(name="depth", gauge={"data_points": [point]})]
    told = ExportMetricsServiceRequest(
        resource_metrics=[
            {
                "resource": {"attributes": attributes(resource)},
                "scope_metrics": [{"scope": {"name": scope}, "metrics": metrics}],
            }
        ]
    )
    (only,) = judge_points(told, VALIDATOR).points
    return dict(only.tags)


def test_a_series_says_who_measured_it() -> None:
    program = {"service.name": "shop", "service.instance.id": "i-1", "host.name": "h"}
    assert series(program, "lib") == {
        "service.name": "shop",
        "service.instance.id": "i-1",
        "otel.scope.name": "lib",
    }
    assert series({}, "") == {}
    assert series({"service.instance.id": 7}, "") == {}
    assert series(program, "lib", **{"otel.scope.name": "its own"})["otel.scope.name"] == "its own"
