"""How often each of many texts came, and when first and last: packed, so that a row carries all of
it, and merged by addition. Pure.

Packed are the number of texts, an entry for each, and the texts, in the order of their bytes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

# As int4send() and int8send() write them; times in microseconds since 1970.
ENTRY = np.dtype([("executions", ">i4"), ("first", ">i8"), ("last", ">i8")])
COUNT_BYTES = 4
# Part of no text in PostgreSQL.
SEPARATOR = b"\0"

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """A text, how many runs have it, and when the first and the last of them began."""

    text: str
    executions: int
    first: int
    last: int


@dataclass(frozen=True)
class Tally:
    """Different texts, in any order."""

    texts: Sequence[bytes]
    executions: Integers
    first: Integers
    last: Integers

    def __len__(self) -> int:
        return len(self.texts)

    def packed(self) -> bytes:
        if not self.texts:
            return b""
        order = sorted(range(len(self)), key=self.texts.__getitem__)
        entries = np.empty(len(self), ENTRY)
        for name in ENTRY.names or ():
            entries[name] = getattr(self, name)[order]
        texts = SEPARATOR.join(self.texts[place] for place in order)
        return len(self).to_bytes(COUNT_BYTES, "big") + entries.tobytes() + texts

    def most(self, limit: int, at_least: int = 1) -> list[Counted]:
        """Those that came most often; of equal ones, the first in order."""
        enough = np.flatnonzero(self.executions >= at_least)
        if len(enough) > limit:
            fewest = np.partition(self.executions[enough], -limit)[-limit]
            enough = enough[self.executions[enough] >= fewest]
        found = sorted(enough.tolist(), key=lambda n: (-self.executions[n], self.texts[n]))
        return [self._counted(place) for place in found[:limit]]

    def _counted(self, place: int) -> Counted:
        numbers = (self.executions[place], self.first[place], self.last[place])
        return Counted(self.texts[place].decode(), *map(int, numbers))


def merged(packed: Iterable[bytes]) -> Tally:
    """All of them as one."""
    split = [_split(one) for one in packed if one]
    if not split:
        return Tally([], *(np.empty(0, np.int64) for _ in range(3)))
    entries = np.concatenate([one for one, _ in split])
    # Each text that is looked up for the first time gets the next place.
    places: dict[bytes, int] = defaultdict(count().__next__)
    texts = chain.from_iterable(some for _, some in split)
    codes = np.fromiter(map(places.__getitem__, texts), np.intp, len(entries))
    return Tally(list(places), *_added(entries, codes, len(places)))


def renamed(packed: bytes, rename: Callable[[str], str]) -> bytes:
    """The same tally of other texts."""
    known = merged([packed])
    texts = [rename(text.decode()).encode() for text in known.texts]
    return merged([Tally(texts, known.executions, known.first, known.last).packed()]).packed()


def size(packed: bytes) -> int:
    """How many texts there are."""
    return int.from_bytes(packed[:COUNT_BYTES], "big")


def _split(packed: bytes) -> tuple[NDArray[np.void], list[bytes]]:
    different = size(packed)
    entries = np.frombuffer(packed, ENTRY, different, COUNT_BYTES)
    return entries, packed[COUNT_BYTES + different * ENTRY.itemsize :].split(SEPARATOR)


def _added(
    entries: NDArray[np.void], codes: NDArray[np.intp], different: int
) -> tuple[Integers, Integers, Integers]:
    bounds = np.iinfo(np.int64)
    # As floats: exact up to 2**53.
    executions = np.bincount(codes, entries["executions"], different).astype(np.int64)
    first, last = np.full(different, bounds.max), np.full(different, bounds.min)
    np.minimum.at(first, codes, entries["first"].astype(np.int64))
    np.maximum.at(last, codes, entries["last"].astype(np.int64))
    return executions, first, last
