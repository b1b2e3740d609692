"""Messages of StreamMetrics as JSON, the same as the edge's: fields without presence are always
there, those with presence only if they are set.

Written out, since each change is told to every reader: the general way takes ten times as long.
"""

from collections.abc import Iterable
from typing import Any

from shadower.metrics.v1.metric_pb2 import Point, TimeSeries
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse


def message_json(message: StreamMetricsResponse) -> dict[str, Any]:
    content: dict[str, Any] = {"cursor": message.cursor}
    if message.HasField("as_of"):
        content["asOf"] = message.as_of.ToJsonString()
    if message.HasField("complete_until"):
        content["completeUntil"] = message.complete_until.ToJsonString()
    kind = message.WhichOneof("payload")
    if kind in _PAYLOADS:
        content[kind] = _PAYLOADS[kind](message)
    return content


def _snapshot(message: StreamMetricsResponse) -> dict[str, Any]:
    snapshot: dict[str, Any] = {"timeSeries": _all_series(message.snapshot.time_series)}
    if message.snapshot.HasField("interval"):
        snapshot["interval"] = _interval(message.snapshot.interval)
    return snapshot


def _delta(message: StreamMetricsResponse) -> dict[str, Any]:
    delta: dict[str, Any] = {"timeSeries": _all_series(message.delta.time_series)}
    if message.delta.HasField("replaced"):
        delta["replaced"] = _interval(message.delta.replaced)
    delta["skippedUpdates"] = message.delta.skipped_updates
    return delta


def _heartbeat(_: StreamMetricsResponse) -> dict[str, Any]:
    return {}


_PAYLOADS = {"snapshot": _snapshot, "delta": _delta, "heartbeat": _heartbeat}


def _all_series(all_series: Iterable[TimeSeries]) -> list[dict[str, Any]]:
    return [
        {
            "metric": series.metric,
            "labels": dict(series.labels),
            "points": [_point(point) for point in series.points],
        }
        for series in all_series
    ]


def _point(point: Point) -> dict[str, Any]:
    content: dict[str, Any] = {"startTime": point.start_time.ToJsonString()}
    if point.HasField("value"):
        kind = point.value.WhichOneof("kind")
        value = getattr(point.value, kind) if kind else None
        # JSON's numbers are doubles, which do not hold every int64.
        content["value"] = {kind: str(value) if kind == "integer" else value} if kind else {}
    return content


def _interval(interval: Any) -> dict[str, Any]:
    return {
        name: getattr(interval, field).ToJsonString()
        for name, field in (("startTime", "start_time"), ("endTime", "end_time"))
        if interval.HasField(field)
    }
