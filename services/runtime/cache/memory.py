"""The process tier: bounded in bytes and entries; what was not used longest goes first."""

import math
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable

from services.runtime.cache.entry import Entry
from services.runtime.cache.question import Key

# What an entry takes beside its reply and its question, about.
OVERHEAD_BYTES = 500
# One answer is at most this part of the tier; a larger one would drive out too many.
LARGEST_PART = 8


class ProcessTier:
    """Entries of this process by key."""

    def __init__(
        self, most_entries: int, most_bytes: int, evicted: Callable[[], None] = lambda: None
    ) -> None:
        """`evicted` is told of each entry that went to make room."""
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._keys: dict[str, set[Key]] = defaultdict(set)
        self._bytes = 0
        self._evicted = evicted

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        return self._bytes

    def get(self, key: Key) -> Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= time.time():
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: Key, entry: Entry) -> None:
        self.drop(key)
        size = _size(key, entry)
        if size * LARGEST_PART > self._most_bytes:
            return
        self._entries[key] = entry
        self._keys[key.workspace_id].add(key)
        self._bytes += size
        while self._bytes > self._most_bytes or len(self._entries) > self._most_entries:
            self.drop(next(iter(self._entries)))
            self._evicted()

    def drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self._bytes -= _size(key, entry)
        keys = self._keys[key.workspace_id]
        keys.discard(key)
        if not keys:
            del self._keys[key.workspace_id]

    def drop_in(self, workspace_id: str, is_over: Callable[[Entry], bool]) -> int:
        """Drops entries of a workspace; how many."""
        over = [key for key in self._keys.get(workspace_id, ()) if is_over(self._entries[key])]
        for key in over:
            self.drop(key)
        return len(over)

    def doubt(self) -> None:
        """Nothing that can be proven counts as true until it is."""
        for entry in self._entries.values():
            if not entry.slides:
                entry.moment = -math.inf

    def drop_where(self, is_over: Callable[[Key], bool]) -> int:
        over = [key for key in self._entries if is_over(key)]
        for key in over:
            self.drop(key)
        return len(over)


def _size(key: Key, entry: Entry) -> int:
    return len(entry.reply) + len(key.meaning) + OVERHEAD_BYTES
