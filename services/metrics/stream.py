"""One stream of metrics: from its first message to the one that says why it ends."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from google.rpc.status_pb2 import Status
from shadower.metrics.v1 import metrics_service_pb2 as pb

from services.metrics.cursor import Cursor, read_cursor
from services.metrics.live import Look
from services.metrics.messages import Messages
from services.metrics.view import Told, View
from services.metrics.views import Views
from services.runtime.ending import Ending
from services.runtime.faults import Fault
from services.runtime.status import to_status
from services.runtime.times import from_duration
from services.translation.requests import interval

DEFAULT_HEARTBEAT = timedelta(seconds=15)
DEFAULT_LENGTH = timedelta(hours=1)
# Views begin with one of these, so that those who come within one share theirs.
STEP_SECONDS = 600


class MetricsStream:
    """Follows a view for one reader. However slow that is, it costs one place, no queue."""

    def __init__(
        self, views: Views, workspace_id: str, request: pb.StreamMetricsRequest, ending: Ending
    ) -> None:
        """The workspace is the one that the reader was authorised for. Whoever ends the stream is
        told as the reader is."""
        self._views = views
        self._workspace_id = workspace_id
        self._request = request
        self._ending = ending
        self._cursor = read_cursor(request) or Cursor(_first_start(request), None)
        self._heartbeat = _heartbeat(request)
        self._last: Look | None = None
        self._next_beat = 0.0

    async def messages(self) -> AsyncGenerator[bytes]:
        """Ends with a status in the stream, and with the same as an error unless it is OK."""
        try:
            with self._ending.told():
                async with aclosing(self._content()) as content:
                    async for told in content:
                        self._last = told.look
                        self._next_beat = time.monotonic() + self._heartbeat
                        yield told.encoded
        except Fault as fault:
            yield self._farewell(to_status(fault))
            raise
        yield self._farewell(Status(code=0, message="the interval has ended"))

    async def _content(self) -> AsyncGenerator[Told]:
        joined = self._views.joined(self._workspace_id, self._request, self._cursor.start)
        with joined as view:
            await view.looked(time.monotonic())
            told = await view.opening(self._cursor.revision)
            yield told
            version = told.version
            while await self._goes_on(view, version):
                if version != view.version:
                    told = view.news(version)
                    version = told.version
                    yield told
                elif time.monotonic() >= self._next_beat:
                    yield view.heartbeat()

    async def _goes_on(self, view: View, version: int) -> bool:
        """Waits until there may be something to tell, or nothing was told for a while."""
        draining = self._views.sources.draining
        if version == view.version and not draining.is_set() and not view.has_ended:
            await view.changed(self._next_beat - time.monotonic())
        if draining.is_set():
            raise draining.fault()
        if time.monotonic() >= self._next_beat:
            # Also without a wake-up, which a broken connection can lose.
            await view.looked(time.monotonic() - self._heartbeat / 2)
        view.check()
        return not view.has_ended or version != view.version

    def _farewell(self, status: Status) -> bytes:
        return Messages(self._request, self._cursor.start).status(self._last, status)


def _first_start(request: pb.StreamMetricsRequest) -> datetime:
    if request.HasField("interval"):
        return interval(request).start
    hour_ago = datetime.now(UTC) - DEFAULT_LENGTH
    return hour_ago - timedelta(seconds=hour_ago.timestamp() % STEP_SECONDS)


def _heartbeat(request: pb.StreamMetricsRequest) -> float:
    if not request.HasField("heartbeat_interval"):
        return DEFAULT_HEARTBEAT.total_seconds()
    return from_duration(request.heartbeat_interval).total_seconds()
