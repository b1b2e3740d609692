"""What happens from now on: runs begin, end, and are rated later, each at its own time."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from cli.simulate.records import (
    Record,
    as_cancelled,
    as_complete,
    as_finished,
    as_running,
    credit_events,
    failure,
    has_late_news,
    login,
    queue_depths,
)
from cli.simulate.runs import Run, draw_run

POINTS_EVERY = timedelta(seconds=10)
LOGIN_AFTER = timedelta(hours=1)


@dataclass(order=True)
class Happening:
    """Records that are sent at one moment."""

    at: datetime
    order: int
    records: list[Record] = field(compare=False)
    ended: Run | None = field(default=None, compare=False)


class Traffic:
    """Endless traffic. The same seed and start always bring the same records, in the same order."""

    def __init__(self, seed: int, start: datetime, rate: float) -> None:
        self._seed = seed
        self._start = start
        self._rate = rate
        self._random = Random(f"{seed}/{start.timestamp()}")  # noqa: S311 - nothing secret
        self._coming: list[Happening] = []
        self._order = count()
        self._running: dict[str, Run] = {}
        self._last_seen: dict[str, datetime] = {}

    def happenings(self) -> Iterator[Happening]:
        """In the order of their time, without end."""
        arrival, points = self._start, self._start
        while True:
            if points <= arrival:
                self._plan(points, *queue_depths(self._random, points))
                points += POINTS_EVERY
                continue
            self._begin_run(arrival)
            arrival += timedelta(seconds=self._random.expovariate(self._rate))
            while self._coming and self._coming[0].at < min(arrival, points):
                yield heapq.heappop(self._coming)

    def settle(self, happening: Happening) -> None:
        """Takes note that it was sent."""
        if happening.ended is not None:
            del self._running[happening.ended.execution_id]

    def cancelled(self, at: datetime) -> list[Record]:
        """The end of every run that was sent as running and not as finished."""
        return [as_cancelled(run, at) for run in self._running.values() if run.start <= at]

    def _begin_run(self, at: datetime) -> None:
        number = next(self._order)
        run = draw_run(self._random, f"live-{self._start.timestamp():.0f}-{number}", at, self._seed)
        self._plan(run.start, as_running(run), *self._login(run))
        self._running[run.execution_id] = run
        troubles = [failure(run)] if run.error_message else []
        self._plan(run.end, as_finished(run), *troubles, ended=run)
        if has_late_news(run):
            self._plan(run.late_at, as_complete(run), *credit_events(run))

    def _login(self, run: Run) -> list[Record]:
        seen = self._last_seen.get(run.user_id)
        self._last_seen[run.user_id] = run.start
        return [login(run)] if seen is None or run.start - seen > LOGIN_AFTER else []

    def _plan(self, at: datetime, *records: Record, ended: Run | None = None) -> None:
        heapq.heappush(self._coming, Happening(at, next(self._order), list(records), ended))
