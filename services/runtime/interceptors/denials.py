"""So many denied calls of a workspace have an entry each in a minute; the others are counted."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from services.runtime.audit import AuditEntry

SECONDS = 60.0
MOST_ENTRIES = 60
# Whoever has no token at all may try as often as he likes, and is nobody who could be asked.
MOST_ENTRIES_OF_NOBODY = 5
# Whoever names more workspaces than that in a minute has invented them.
MOST_WORKSPACES = 1_000


@dataclass
class _Minute:
    """Of one workspace."""

    began: float
    entries: int = 0
    beyond: int = 0
    last: AuditEntry | None = None


class Denials:
    """Those of this process. Strangers' are apart: whatever they invent, theirs alone find no room.
    So are those of nobody, who has no token: a stranger's can at least be taken away.

    Nobody else can invent one: their tokens cover the workspace.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._of_nobody = _Minutes(clock, MOST_ENTRIES_OF_NOBODY)
        self._of_strangers = _Minutes(clock, MOST_ENTRIES)
        self._of_others = _Minutes(clock, MOST_ENTRIES)

    @property
    def _all(self) -> tuple["_Minutes", ...]:
        return (self._of_others, self._of_strangers, self._of_nobody)

    def counted(self, entry: AuditEntry) -> AuditEntry | None:
        """The entry, if it is to be written as it is."""
        return self._minutes_of(entry).counted(entry)

    def _minutes_of(self, entry: AuditEntry) -> "_Minutes":
        if not entry.is_of_stranger:
            return self._of_others
        return self._of_strangers if entry.subject else self._of_nobody

    def remainders(self, *, at_end: bool = False) -> Iterator[AuditEntry]:
        """One entry for each workspace that had more than its share, when its minute is over."""
        for minutes in self._all:
            yield from minutes.remainders(at_end=at_end)

    def take_without_room(self) -> int:
        """How many were not even counted by workspace, since this was asked last."""
        return sum(minutes.take_without_room() for minutes in self._all)


class _Minutes:
    """By workspace."""

    def __init__(self, clock: Callable[[], float], most_entries: int) -> None:
        self._clock = clock
        self._most_entries = most_entries
        self._minutes: OrderedDict[str, _Minute] = OrderedDict()
        self._without_room = 0

    def counted(self, entry: AuditEntry) -> AuditEntry | None:
        minute = self._minute(entry.workspace_id)
        if minute is None:
            self._without_room += 1
            return None
        if minute.entries < self._most_entries:
            minute.entries += 1
            return entry
        minute.beyond += 1
        minute.last = entry
        return None

    def remainders(self, *, at_end: bool = False) -> Iterator[AuditEntry]:
        now = self._clock()
        while self._minutes:
            workspace_id, minute = next(iter(self._minutes.items()))
            if now - minute.began < SECONDS and not at_end:
                return
            del self._minutes[workspace_id]
            if minute.last is not None:
                yield replace(minute.last, calls=minute.beyond)

    def take_without_room(self) -> int:
        taken, self._without_room = self._without_room, 0
        return taken

    def _minute(self, workspace_id: str) -> _Minute | None:
        known = self._minutes.get(workspace_id)
        if known is None and len(self._minutes) < MOST_WORKSPACES:
            known = self._minutes[workspace_id] = _Minute(self._clock())
        return known
