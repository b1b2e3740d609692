"""One view of a workspace for all readers who ask the same: it looks once at each change, and each
message is encoded once, however many wait for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from typing import NamedTuple

from shadower.metrics.v1 import metrics_service_pb2 as pb

from services.metrics.live import LiveSeries, Look, Spans
from services.metrics.messages import Messages
from services.metrics.questions import series_query
from services.metrics.turns import Signal, Turns, set_within
from services.runtime.draining import Draining
from services.runtime.telemetry.running import outside
from services.translation import requests
from services.warehouse.database import Database
from services.warehouse.facts.announcements import Announcements
from services.warehouse.queries.interval import Interval

# Facts may lie an hour ahead of our clock; a minute more is for the clocks themselves.
AHEAD = timedelta(hours=1, minutes=1)


@dataclass(frozen=True)
class Sources:
    """What streams of a process share."""

    database: Database
    announcements: Announcements
    draining: Draining
    turns: Turns = field(default_factory=Turns)


class Told(NamedTuple):
    """A message as all get it who are told the same, and how far it leads."""

    encoded: bytes
    version: int
    look: Look


class View:
    """Knows nothing of who reads, and keeps nothing for any of them: who comes late is told what
    is different since."""

    def __init__(
        self,
        sources: Sources,
        request: pb.StreamMetricsRequest,
        start: datetime,
        hold: Callable[[int], None],
        calm: Callable[[], float],
    ) -> None:
        """`start` is that of a request without an interval. `hold` is told by how many points it
        grows; `calm` says for how many seconds changes are gathered."""
        self._sources = sources
        self._request = request
        self._start = start
        self._hold = hold
        self._calm = calm
        self._held = 0
        self._live = LiveSeries(
            sources.database, request.workspace_id, partial(series_query, request)
        )
        self._messages = Messages(request, start)
        self._told: dict[Hashable, Told] = {}
        self._asked = self._interval()
        self._look: Look | None = None
        self._looked_from = -inf
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._has_looked, self._has_news = Signal(sources.turns), Signal(sources.turns)
        # It may live longer than the call of its first reader.
        self._task = asyncio.create_task(self._follow(), context=outside())
        self._task.add_done_callback(self._end)
        self.readers = 0

    @property
    def version(self) -> int:
        """That of what there is to tell."""
        return self._live.version

    @property
    def has_ended(self) -> bool:
        """Whether it looks no more: its interval is over, or it has failed."""
        return self._task.done()

    def check(self) -> None:
        """Raises what it failed with."""
        if self._task.done() and not self._task.cancelled() and (why := self._task.exception()):
            # Every reader raises the same one, whose way would grow by each.
            raise why.with_traceback(None)

    def stop(self) -> None:
        """When nobody reads any more."""
        self._task.cancel()
        self._hold(-self._held)

    def wake(self) -> None:
        """Lets all look around who wait."""
        self._has_looked.wake()
        self._has_news.wake()

    async def changed(self, seconds: float) -> None:
        """Until there may be something new to tell, or time is up."""
        await self._has_news.wait(seconds)

    async def looked(self, since: float) -> None:
        """Until it has looked once more since that moment, unless it has already. Raises what it
        failed with."""
        while self._looked_from < since or self._look is None:
            self.check()
            if self.has_ended:
                return
            self._hurry.set()
            self._changed.set()
            await self._has_looked.wait()
        self.check()

    async def opening(self, revision: int | None) -> Told:
        """The first message of a reader: what he missed since a revision, or all."""
        missed = None if revision is None else await self._missed(revision)
        return missed or self._once("all", self._snapshot)

    def news(self, version: int) -> Told:
        """What is different from what was told with that version."""
        return self._once(version, partial(self._delta, version))

    def heartbeat(self) -> Told:
        return self._once("beat", lambda: self._messages.heartbeat(self.look))

    @property
    def look(self) -> Look:
        """The last one."""
        if self._look is None:
            raise LookupError("nobody has looked yet")
        return self._look

    def _once(self, key: Hashable, encode: Callable[[], bytes]) -> Told:
        """All who are told the same since a look get the same bytes."""
        told = self._told.get(key)
        if told is None:
            told = self._told[key] = Told(encode(), self.version, self.look)
        return told

    def _snapshot(self) -> bytes:
        return self._messages.snapshot(self.look, self._live.points, self._asked)

    def _delta(self, version: int) -> bytes:
        number = self.version - version
        points = self._live.steps.last(number)
        if points is not None:
            return self._messages.delta(self.look, points, skipped=number - 1)
        whole = self._live.within(((self._asked.start, self._asked.end),), self._asked)
        return self._messages.delta(self.look, *whole, skipped=number - 1)

    async def _missed(self, revision: int) -> Told | None:
        """None if the log of changes does not go back so far."""
        known, spans = revision, Spans()
        # While it is asked about, the view may go on.
        while known < self.look.revision:
            changes = await self._live.log(known)
            if not changes.complete or changes.revision <= known:
                return None
            known, spans = changes.revision, (*spans, *changes.spans)
        if revision > self.look.revision:
            return None
        missed = self._live.within(spans, self._asked)
        return self._once((revision, spans), lambda: self._messages.delta(self.look, *missed))

    async def _follow(self) -> None:
        """As long as the interval is not over."""
        following = self._sources.announcements.following(self._request.workspace_id)
        with following as self._changed:
            await self._look_by(self._live.everything)
            while (left := self._left()) > 0:
                # Also without a wake-up, which a broken connection can lose, readers ask.
                await set_within(self._changed, left)
                await self._look_by(self._live.news)
                await set_within(self._hurry, min(self._calm(), self._left()))
            # Whatever was committed before the end is told before the end.
            await self._look_by(self._live.news)

    async def _look_by(self, find: Callable[[Interval], Awaitable[Look]]) -> None:
        self._changed.clear()
        self._hurry.clear()
        began, version = time.monotonic(), self.version
        asked = self._interval()
        self._look = await find(asked)
        self._asked, self._looked_from = asked, began
        self._told.clear()
        self._note_size()
        self._has_looked.wake()
        if self.version != version:
            self._has_news.wake()

    def _end(self, task: "asyncio.Task[None]") -> None:
        """What it failed with is told to those who read; if nobody does, nobody misses it."""
        if not task.cancelled():
            task.exception()
        self.wake()

    def _note_size(self) -> None:
        size = len(self._live.points)
        self._hold(size - self._held)
        self._held = size

    def _left(self) -> float:
        """Seconds until the interval ends."""
        if not self._request.HasField("interval"):
            return inf
        return (self._interval().end - datetime.now(UTC)).total_seconds()

    def _interval(self) -> Interval:
        if self._request.HasField("interval"):
            return requests.interval(self._request)
        return Interval(self._start, datetime.now(UTC) + AHEAD)
