"""The views of a process, each shared by those who ask the same, and bounded."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from shadower.metrics.v1 import metrics_service_pb2 as pb

from services.metrics.view import Sources, View
from services.runtime.faults import RETRY_DELAY, ResourceExhausted
from services.translation.meaning import meaning

# Changes that come closer together than that are told together; the more read, the longer, since
# to tell one takes about a tenth of a millisecond.
CALM_SECONDS = 0.2
CALM_SECONDS_OF_READER = 0.000_05
MOST_CALM_SECONDS = 0.5


class Key(NamedTuple):
    """Tells views apart. The workspace leads: no two of them share a view."""

    workspace_id: str
    start: datetime
    meaning: bytes


class Views:
    """Whoever joins one was admitted for its workspace before, and is let go by those who did."""

    def __init__(self, sources: Sources, most_of_workspace: int, most_points: int) -> None:
        self.sources = sources
        self._most_of_workspace = most_of_workspace
        self._most_points = most_points
        self._views: dict[Key, View] = {}
        self._readers: Counter[str] = Counter()
        self._points = 0
        self._total = 0

    @contextmanager
    def joined(
        self, workspace_id: str, request: pb.StreamMetricsRequest, start: datetime
    ) -> Iterator[View]:
        """The workspace is the one that the caller was authorised for. Raises ResourceExhausted."""
        _refuse_from(self._most_of_workspace, self._readers[workspace_id])
        question = _question(request)
        encoded = question.SerializeToString(deterministic=True)
        key = Key(workspace_id, start, encoded)
        view = self._view(key, question)
        view.readers += 1
        self._readers[workspace_id] += 1
        self._total += 1
        try:
            yield view
        finally:
            self._leave(key, view)

    async def end(self) -> None:
        """Lets all streams look around when the process is told to end."""
        await self.sources.draining.wait()
        for view in self._views.values():
            view.wake()

    def _view(self, key: Key, question: pb.StreamMetricsRequest) -> View:
        view = self._views.get(key)
        if view is None or view.has_ended:
            _refuse_from(self._most_points, self._points)
            view = self._views[key] = View(
                self.sources, question, key.start, self._hold, self._calm
            )
        return view

    def _leave(self, key: Key, view: View) -> None:
        view.readers -= 1
        self._total -= 1
        self._readers[key.workspace_id] -= 1
        if not self._readers[key.workspace_id]:
            del self._readers[key.workspace_id]
        if not view.readers:
            view.stop()
            if self._views.get(key) is view:
                del self._views[key]

    def _calm(self) -> float:
        asked = self._total * CALM_SECONDS_OF_READER
        return min(max(CALM_SECONDS, asked), MOST_CALM_SECONDS)

    def _hold(self, points: int) -> None:
        self._points += points


def _question(request: pb.StreamMetricsRequest) -> pb.StreamMetricsRequest:
    """Without what tells only how one reader follows it."""
    question = meaning(request)
    question.ClearField("cursor")
    question.ClearField("heartbeat_interval")
    return question


def _refuse_from(limit: int, found: int) -> None:
    if found >= limit:
        raise ResourceExhausted(
            "SERVER_BUSY",
            f"the server has as many as it takes: {limit}",
            metadata={"limit": str(limit)},
            retry_after=RETRY_DELAY,
        )
