"""Durations of a cell as they are counted, when some come and others go."""

from collections.abc import Sequence

import numpy as np

from services.warehouse.rollups.durations import ENTRY, bins_of, entries_of


class NotCountedError(Exception):
    """What goes is not there."""


def recounted(packed: bytes, added: Sequence[int], gone: Sequence[int]) -> bytes:
    """The sparse form with further durations, and without others. Raises NotCountedError if those
    are not in it."""
    entries = np.frombuffer(packed, ENTRY)
    bins = np.concatenate([entries["bin"], bins_of(np.array([*added, *gone], np.int64))])
    signs = np.repeat([1, -1], [len(added), len(gone)])
    # As floats: exact up to 2**53.
    summed = np.bincount(bins, weights=np.concatenate([entries["count"], signs]))
    counts = summed.astype(np.int64)
    if counts.min(initial=0) < 0:
        raise NotCountedError("a duration goes that was never counted")
    there = np.flatnonzero(counts)
    return entries_of(there, counts[there]).tobytes()
