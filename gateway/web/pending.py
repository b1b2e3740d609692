"""What a reader has yet to be told of a stream of metrics: states, of which the latest counts."""

from collections import deque
from typing import TypeAlias

from shadower.metrics.v1.metric_pb2 import Point, TimeSeries
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse

# A snapshot and one delta, and one of each more for a stream that was begun anew meanwhile.
MOST_MESSAGES = 4

Group: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
Points: TypeAlias = dict[Group, dict[tuple[int, int], Point]]


class Pending:
    """Holds a few messages at most, however many came: the newer takes the older one's place."""

    def __init__(self) -> None:
        self._messages: deque[StreamMetricsResponse] = deque()

    def __bool__(self) -> bool:
        return bool(self._messages)

    def take(self) -> StreamMetricsResponse:
        return self._messages.popleft()

    def offer(self, message: StreamMetricsResponse) -> bool:
        """False if there is no room, which is for a reader who takes nothing at all."""
        if message.HasField("snapshot"):
            self._messages.clear()
        elif message.HasField("heartbeat") and self._messages:
            return True
        elif self._messages and self._messages[-1].HasField("heartbeat"):
            self._messages.pop()
        if message.HasField("delta") and self._goes_on_with(message):
            message = merged(self._messages.pop(), message)
        self._messages.append(message)
        return len(self._messages) <= MOST_MESSAGES

    def _goes_on_with(self, message: StreamMetricsResponse) -> bool:
        """Whether the last one is a delta, too, of the same course."""
        is_delta = bool(self._messages) and self._messages[-1].HasField("delta")
        return is_delta and not message.delta.HasField("replaced")


def merged(earlier: StreamMetricsResponse, later: StreamMetricsResponse) -> StreamMetricsResponse:
    """Two deltas as one that leads to the same state."""
    points: Points = {}
    for series in (*earlier.delta.time_series, *later.delta.time_series):
        _add(points, series)
    message = StreamMetricsResponse()
    message.CopyFrom(later)
    message.delta.ClearField("time_series")
    message.delta.time_series.extend(_series(group, told) for group, told in points.items())
    message.delta.skipped_updates += earlier.delta.skipped_updates + 1
    if earlier.delta.HasField("replaced"):
        message.delta.replaced.CopyFrom(earlier.delta.replaced)
    return message


def _add(points: Points, series: TimeSeries) -> None:
    group = series.metric, tuple(sorted(series.labels.items()))
    told = points.setdefault(group, {})
    for point in series.points:
        told[point.start_time.seconds, point.start_time.nanos] = point


def _series(group: Group, told: dict[tuple[int, int], Point]) -> TimeSeries:
    metric, labels = group
    in_order = (told[start] for start in sorted(told))
    return TimeSeries(metric=metric, labels=dict(labels), points=in_order)
