"""Messages of streams in bytes, as they are told: each says where to go on after it."""

from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from shadower.metrics.v1 import metrics_service_pb2 as pb

from services.metrics.answers import time_series
from services.metrics.cursor import Cursor, write_cursor
from services.metrics.live import Look, Points
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation.requests import time_interval
from services.warehouse.queries.interval import Interval


class Messages:
    """Those about one question, whoever asks it."""

    def __init__(self, request: pb.StreamMetricsRequest, start: datetime) -> None:
        self._request = request
        self._start = start

    def snapshot(self, look: Look, points: Points, interval: Interval) -> bytes:
        snapshot = pb.StreamMetricsResponse.Snapshot(
            time_series=time_series(points), interval=time_interval(interval)
        )
        return self._encoded(look, snapshot=snapshot)

    def delta(
        self, look: Look, points: Points, replaced: Interval | None = None, skipped: int = 0
    ) -> bytes:
        delta = pb.StreamMetricsResponse.Delta(
            time_series=time_series(points),
            replaced=time_interval(replaced) if replaced else None,
            skipped_updates=skipped,
        )
        return self._encoded(look, delta=delta)

    def heartbeat(self, look: Look) -> bytes:
        return self._encoded(look, heartbeat=pb.StreamMetricsResponse.Heartbeat())

    def status(self, look: Look | None, status: Status) -> bytes:
        """The last one. Whoever was told nothing has nowhere to go on from."""
        if look is None:
            return pb.StreamMetricsResponse(status=status).SerializeToString()
        return self._encoded(look, status=status)

    def _encoded(self, look: Look, **payload: Message) -> bytes:
        content: dict[str, Any] = dict(payload)
        return pb.StreamMetricsResponse(
            cursor=write_cursor(self._request, Cursor(self._start, look.revision)),
            as_of=to_timestamp(look.as_of),
            complete_until=optional_timestamp(look.complete_until),
            **content,
        ).SerializeToString()
