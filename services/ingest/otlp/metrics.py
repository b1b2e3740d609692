"""Points of OTLP's metrics as points of ours. Pure.

A number is a point; a distribution is a point for its count, its sum, its least and its
greatest. Values are kept as they were sent, running totals too. Nothing here is ever added to
the tokens of spans.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope
from opentelemetry.proto.metrics.v1.metrics_pb2 import DataPointFlags, Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from services.ingest.otlp.attributes import printable
from services.ingest.otlp.resources import INSTANCE_ID, SERVICE_NAME, instance_id, service_name

NANOS = 10**9
SCOPE_NAME = "otel.scope.name"
MAX_SCOPE = 256
TAG_VALUES: dict[str, Callable[[AnyValue], str]] = {
    "string_value": lambda value: value.string_value,
    "bool_value": lambda value: str(value.bool_value).lower(),
    "int_value": lambda value: str(value.int_value),
    "double_value": lambda value: repr(value.double_value),
}


@dataclass(frozen=True)
class DataPoint:
    """One of OTLP's points, and where it stands. `data` is of one of four types."""

    metric: Metric
    data: Any
    emitter: Mapping[str, str]
    """The tags that tell by whom it was measured."""

    @property
    def is_without_value(self) -> bool:
        """Says only that there is none now, which our absence of a point says as well."""
        return bool(self.data.flags & DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


def data_points(request: ExportMetricsServiceRequest) -> Iterator[DataPoint]:
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            emitter = _emitter(resource.resource, scope.scope)
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                points = getattr(metric, kind).data_points if kind else ()
                yield from (DataPoint(metric, data, emitter) for data in points)


def to_points(told: DataPoint) -> list[MetricPoint]:
    """May break the rules of the contract, which the caller is to check; none if there is no
    number in it."""
    tags, time = _tags(told), told.data.time_unix_nano
    timestamp = Timestamp(seconds=time // NANOS, nanos=time % NANOS) if time else None
    return [
        MetricPoint(
            metric_type=f"{told.metric.name}{suffix}", value=v, timestamp=timestamp, tags=tags
        )
        for suffix, v in _values(told).items()
    ]


def _values(told: DataPoint) -> dict[str, float]:
    if told.metric.WhichOneof("data") in ("gauge", "sum"):
        kind = told.data.WhichOneof("value")
        return {"": getattr(told.data, kind)} if kind else {}
    return {".count": told.data.count} | _of_distribution(told)


def _of_distribution(told: DataPoint) -> dict[str, float]:
    if told.metric.WhichOneof("data") == "summary":
        ends = {0.0: ".min", 1.0: ".max"}
        quantiles = told.data.quantile_values
        found = {ends[one.quantile]: one.value for one in quantiles if one.quantile in ends}
        return {".sum": told.data.sum} | found
    names = [name for name in ("sum", "min", "max") if told.data.HasField(name)]
    return {f".{name}": getattr(told.data, name) for name in names}


def _emitter(resource: Resource, scope: InstrumentationScope) -> dict[str, str]:
    """Without these, what two instances or two libraries say of one metric would be one series,
    and the second of them a contradiction."""
    tags = {
        SERVICE_NAME: service_name(resource),
        INSTANCE_ID: instance_id(resource),
        SCOPE_NAME: printable(scope.name, MAX_SCOPE),
    }
    return {key: value for key, value in tags.items() if value}


def _tags(told: DataPoint) -> dict[str, str]:
    """Who measured it, and the attributes of the point. Lists and maps tell no series apart."""
    tags = dict(told.emitter)
    for pair in told.data.attributes:
        to_text = TAG_VALUES.get(pair.value.WhichOneof("value") or "")
        if to_text:
            tags[pair.key] = to_text(pair.value)
    return tags
