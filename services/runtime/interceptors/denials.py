"""So many denied calls of a workspace have an entry each in a minute; the others are counted."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from services.runtime.audit import AuditEntry

SECONDS = 60.0
MOST_ENTRIES = 60
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

    Nobody else can invent one: their tokens cover the workspace.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._of_strangers = _Minutes(clock)
        self._of_others = _Minutes(clock)

    def counted(self, entry: AuditEntry) -> AuditEntry | None:
        """The entry, if it is to be written as it is."""
        minutes = self._of_strangers if entry.is_of_stranger else self._of_others
        return minutes.counted(entry)

    def remainders(self, *, at_end: bool = False) -> Iterator[AuditEntry]:
        """One entry for each workspace that had more than its share, when its minute is over."""
        for minutes in (self._of_others, self._of_strangers):
            yield from minutes.remainders(at_end=at_end)

    def take_without_room(self) -> int:
        """How many were not even counted by workspace, since this was asked last."""
        return self._of_others.take_without_room() + self._of_strangers.take_without_room()


class _Minutes:
    """By workspace."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._minutes: OrderedDict[str, _Minute] = OrderedDict()
        self._without_room = 0

    def counted(self, entry: AuditEntry) -> AuditEntry | None:
        minute = self._minute(entry.workspace_id)
        if minute is None:
            self._without_room += 1
            return None
        if minute.entries < MOST_ENTRIES:
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
