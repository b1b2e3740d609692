"""One stream of metrics: from its first message to the one that says why it ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from typing import Any

from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from shadower.metrics.v1 import metrics_service_pb2 as pb

from services.metrics.answers import time_series
from services.metrics.cursor import Cursor, read_cursor, write_cursor
from services.metrics.live import LiveSeries, Look
from services.metrics.questions import series_query
from services.runtime.draining import Draining
from services.runtime.ending import Ending
from services.runtime.faults import Fault
from services.runtime.status import to_status
from services.runtime.times import from_duration, optional_timestamp, to_timestamp
from services.translation.requests import interval, time_interval
from services.warehouse.database import Database
from services.warehouse.facts.announcements import Announcements
from services.warehouse.queries.interval import Interval

DEFAULT_HEARTBEAT = timedelta(seconds=15)
DEFAULT_LENGTH = timedelta(hours=1)
# Facts may lie an hour ahead of our clock; a minute more is for the clocks themselves.
AHEAD = timedelta(hours=1, minutes=1)
# Changes that come closer together than that are told together.
CALM_SECONDS = 0.2


@dataclass(frozen=True)
class Sources:
    """What streams of a process share."""

    database: Database
    announcements: Announcements
    draining: Draining


class MetricsStream:
    """Follows a workspace for one reader. However slow that is, it costs one view, no queue."""

    def __init__(self, sources: Sources, request: pb.StreamMetricsRequest, ending: Ending) -> None:
        """Whoever ends it is told as the reader is."""
        self._sources = sources
        self._request = request
        self._ending = ending
        self._cursor = read_cursor(request) or Cursor(_first_start(request), None)
        self._live = LiveSeries(
            sources.database, request.workspace_id, partial(series_query, request)
        )
        self._heartbeat = _heartbeat(request)
        self._last: Look | None = None
        self._next_beat = 0.0

    async def messages(self) -> AsyncIterator[pb.StreamMetricsResponse]:
        """Ends with a status in the stream, and with the same as an error unless it is OK."""
        try:
            with self._ending.told():
                async for message in self._content():
                    yield message
        except Fault as fault:
            yield self._message(status=to_status(fault))
            raise
        yield self._message(status=Status(code=0, message="the interval has ended"))

    async def _content(self) -> AsyncIterator[pb.StreamMetricsResponse]:
        following = self._sources.announcements.following(self._request.workspace_id)
        with following as changed:
            yield await self._beginning()
            while not self._is_over():
                await self._wait(changed)
                changed.clear()
                # Also without a wake-up, which a broken connection can lose.
                look = await self._look()
                if look.points:
                    yield self._delta(look)
                elif self._is_quiet():
                    yield self._message(heartbeat=pb.StreamMetricsResponse.Heartbeat())
                await asyncio.sleep(CALM_SECONDS)
            # Whatever was committed before the end is told before the end.
            look = await self._look()
            if look.points:
                yield self._delta(look)

    async def _beginning(self) -> pb.StreamMetricsResponse:
        asked = self._interval()
        if self._cursor.revision is not None:
            missed = await self._live.since(self._cursor.revision, asked)
            if missed is not None:
                self._last = missed
                return self._delta(missed)
        self._last = await self._live.everything(asked)
        snapshot = pb.StreamMetricsResponse.Snapshot(
            time_series=time_series(self._last.points), interval=time_interval(asked)
        )
        return self._message(snapshot=snapshot)

    async def _wait(self, changed: asyncio.Event) -> None:
        """Until the workspace may have changed, or was quiet for a while, or the end has come."""
        left = self._next_beat - time.monotonic()
        self._check_end()
        await _first_of(changed, self._sources.draining, seconds=min(left, self._left()))
        self._check_end()

    def _check_end(self) -> None:
        if self._sources.draining.is_set():
            raise self._sources.draining.fault()

    def _left(self) -> float:
        """Seconds until the interval ends, at least a moment."""
        if not self._request.HasField("interval"):
            return inf
        return max(0.01, (self._interval().end - datetime.now(UTC)).total_seconds())

    def _is_over(self) -> bool:
        return self._request.HasField("interval") and datetime.now(UTC) >= self._interval().end

    def _interval(self) -> Interval:
        if self._request.HasField("interval"):
            return interval(self._request)
        return Interval(self._cursor.start, datetime.now(UTC) + AHEAD)

    async def _look(self) -> Look:
        look = self._last = await self._live.news(self._interval())
        return look

    def _is_quiet(self) -> bool:
        """True if nothing was told for a while, however much happened that is not asked for."""
        return time.monotonic() >= self._next_beat

    def _delta(self, look: Look) -> pb.StreamMetricsResponse:
        replaced = time_interval(look.replaced) if look.replaced else None
        delta = pb.StreamMetricsResponse.Delta(
            time_series=time_series(look.points), replaced=replaced
        )
        return self._message(delta=delta)

    def _message(self, **payload: Message) -> pb.StreamMetricsResponse:
        self._next_beat = time.monotonic() + self._heartbeat
        content: dict[str, Any] = dict(payload)
        if self._last is None:
            return pb.StreamMetricsResponse(**content)
        return pb.StreamMetricsResponse(
            cursor=write_cursor(self._request, Cursor(self._cursor.start, self._last.revision)),
            as_of=to_timestamp(self._last.as_of),
            complete_until=optional_timestamp(self._last.complete_until),
            **content,
        )


def _first_start(request: pb.StreamMetricsRequest) -> datetime:
    return interval(request, DEFAULT_LENGTH).start


def _heartbeat(request: pb.StreamMetricsRequest) -> float:
    if not request.HasField("heartbeat_interval"):
        return DEFAULT_HEARTBEAT.total_seconds()
    return from_duration(request.heartbeat_interval).total_seconds()


async def _first_of(*events: asyncio.Event, seconds: float) -> None:
    """Returns when one of the events is set, or time is up."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
