"""Where facts wait: in memory, or in a file."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol


class BufferFull(Exception):
    """There is no room for another fact; it was not taken."""


class SpoolInUse(Exception):
    """Another producer writes to this spool."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A fact as it is sent."""

    kind: str
    """The field of StreamRecordsRequest that holds such facts."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact on its way, encoded."""

    number: int
    """Rises by each fact."""
    workspace: str
    kind: str
    """The field of StreamRecordsRequest that holds such facts."""
    body: bytes


class Buffer(Protocol):
    """Facts in their order. Whoever calls holds the producer's lock."""

    items: int
    """How many wait."""
    size: int
    """How many bytes these have."""
    last: int
    """The number of the fact that came last."""
    is_durable: bool
    """Whether what waits is still there after the process has ended."""

    def put(self, workspace: str, facts: Sequence[Encoded]) -> None:
        """All of them or none. Raises BufferFull if a file has no room."""
        ...

    def first(self, items: int, size: int) -> list[Entry]:
        """The first that wait, so many and of so many bytes at most, and at least one if any
        waits.
        """
        ...

    def remove(self, entries: list[Entry]) -> None:
        """These are dealt with: the first ones that wait."""
        ...

    def close(self) -> None: ...


def within(entries: Iterator[Entry], size: int) -> Iterator[Entry]:
    for place, entry in enumerate(entries):
        size -= len(entry.body)
        if size < 0 and place:
            return
        yield entry


class MemoryBuffer:
    """Gone when the process is."""

    is_durable = False

    def __init__(self) -> None:
        self.items = self.size = self.last = 0
        self._entries: deque[Entry] = deque()

    def put(self, workspace: str, facts: Sequence[Encoded]) -> None:
        for one in facts:
            self.last += 1
            self._entries.append(Entry(self.last, workspace, one.kind, one.body))
            self.items, self.size = self.items + 1, self.size + len(one.body)

    def first(self, items: int, size: int) -> list[Entry]:
        return list(within(islice(self._entries, items), size))

    def remove(self, entries: list[Entry]) -> None:
        for entry in entries:
            self._entries.popleft()
            self.items, self.size = self.items - 1, self.size - len(entry.body)

    def close(self) -> None:
        pass
