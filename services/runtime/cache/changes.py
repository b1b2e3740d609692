"""What a process knows of the changes of workspaces, and since when it has not looked."""

import math
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from services.runtime.cache.change_log import Change, ChangeLog, News
from services.runtime.cache.entry import Entry
from services.runtime.cache.flights import Flights

# Beyond these, the oldest is forgotten; what rests on it is calculated again.
MOST_WORKSPACES = 5_000
MOST_SPANS = 100

Value = TypeVar("Value")


def have_touched(changes: Iterable[Change], entry: Entry) -> bool:
    """True if one of them is not in the entry and touched what it rests on."""
    return any(
        change.revision > entry.revision and entry.is_touched_by(change.start, change.end)
        for change in changes
    )


class _Touched:
    """Spans that were touched, each with the last revision that did so, in the order of these."""

    def __init__(self) -> None:
        self._revisions: dict[tuple[float, float], int] = {}

    def add(self, changes: Iterable[Change]) -> int:
        """The last revision that is forgotten for it; 0 if there is room for all."""
        for revision, *span in changes:
            known = self._revisions.pop((span[0], span[1]), 0)
            self._revisions[span[0], span[1]] = max(revision, known)
        forgotten = 0
        while len(self._revisions) > MOST_SPANS:
            forgotten = max(forgotten, self._revisions.pop(next(iter(self._revisions))))
        return forgotten

    def after(self, entry: Entry) -> bool:
        """True if the entry rests on a span that was touched after its revision."""
        return any(
            revision > entry.revision and entry.is_touched_by(*span)
            for span, revision in self._revisions.items()
        )


@dataclass
class _Known:
    """All changes after `base` up to `revision`, which was the latest one at `moment`."""

    base: int
    revision: int
    moment: float
    touched: _Touched = field(default_factory=_Touched)

    def covers(self, entry: Entry) -> bool:
        return self.base <= entry.revision <= self.revision

    def take(self, news: News, moment: float) -> None:
        self.revision, self.moment = news.revision, moment
        self.base = max(self.base, self.touched.add(news.changes))


class Changes:
    """Proves entries true, or not, by one look at the log for all of a workspace's."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log
        self._known: _Recent[_Known] = _Recent(MOST_WORKSPACES)
        self._heard: _Recent[_Touched] = _Recent(MOST_WORKSPACES)
        self._looks: Flights[_Known] = Flights(MOST_WORKSPACES)

    async def prove(self, workspace_id: str, entry: Entry, needed: float) -> bool:
        """True if the entry is true at a moment not before `needed`; it bears that moment then."""
        known = self._known.get(workspace_id)
        while known is None or known.moment < needed or not known.covers(entry):
            began = time.monotonic()
            look = partial(self._look, workspace_id, entry.revision)
            known = await self._looks.join(workspace_id, look)
            if known.moment >= began and not known.covers(entry):
                return False
        if not known.touched.after(entry) and not self.has_heard_of(workspace_id, entry):
            entry.moment = max(entry.moment, known.moment)
        return entry.moment >= needed

    def hear(self, workspace_id: str, changes: Sequence[Change]) -> None:
        """Takes in what the bus tells, which need not be all nor in order."""
        heard = self._heard.get(workspace_id) or _Touched()
        heard.add(changes)
        self._heard.put(workspace_id, heard)

    def has_heard_of(self, workspace_id: str, entry: Entry) -> bool:
        """True if a change is known of that the entry does not contain."""
        heard = self._heard.get(workspace_id)
        return heard is not None and heard.after(entry)

    def doubt(self) -> None:
        """Something may have been missed: nothing counts as known until it is looked at again."""
        for known in self._known.values():
            known.moment = -math.inf

    async def end(self) -> None:
        await self._looks.end()

    async def _look(self, workspace_id: str, revision: int) -> _Known:
        known = self._known.get(workspace_id)
        if known is None or revision < known.base:
            known = _Known(revision, revision, -math.inf)
        began = time.monotonic()
        news = await self._log.since(workspace_id, known.revision)
        if not news.complete:
            known = _Known(news.revision, news.revision, began)
        known.take(news, began)
        self._known.put(workspace_id, known)
        return known


class _Recent(Generic[Value]):
    """Values by workspace; of too many, those that were not used longest are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[str, Value] = OrderedDict()

    def get(self, workspace_id: str) -> Value | None:
        if workspace_id not in self._values:
            return None
        self._values.move_to_end(workspace_id)
        return self._values[workspace_id]

    def put(self, workspace_id: str, value: Value) -> None:
        self._values[workspace_id] = value
        self._values.move_to_end(workspace_id)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def values(self) -> Iterable[Value]:
        return self._values.values()
