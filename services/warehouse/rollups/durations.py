"""Durations counted in logarithmic bins, and percentiles of them.

A bin ends where it begins times GAMMA, and stands for the value in it that is nowhere further than
RELATIVE_ERROR from any other; merging is the addition of counts, in any order (Masson, Rim, Lee:
"DDSketch", PVLDB 12, 2019, section 2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

RELATIVE_ERROR = 0.01
GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
LOG_GAMMA = math.log(GAMMA)
# Those that cells keep ready for who asks about one cell only.
PERCENTILES = (50, 75, 90, 95, 99)
# A bin of its own, before that of one microsecond.
NOTHING = 0
FIRST = 1
# More than there are of 64 bits.
BINS = 1 << 16
# Of the sparse form in which cells keep them: in the order of bins.
ENTRY = np.dtype([("bin", "<u2"), ("count", "<u4")])
# As int8send() writes a duration.
DURATION = np.dtype(">i8")

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Entries = NDArray[Any]


def bins_of(durations: Integers) -> Integers:
    """The bins of durations in whole microseconds."""
    bins = np.ceil(np.log(np.maximum(durations, 1)) / LOG_GAMMA).astype(np.int64) + FIRST
    return np.where(durations > 0, bins, NOTHING)


def values_of(bins: Integers) -> Floats:
    """What bins stand for, in microseconds."""
    values = 2 * np.power(GAMMA, bins.astype(np.float64) - FIRST) / (GAMMA + 1)
    return np.where(bins > NOTHING, values, 0.0)


def entries_of(bins: Integers, counts: Integers) -> Entries:
    """The sparse form of bins that are in order."""
    if counts.max(initial=0) > np.iinfo(np.uint32).max:
        raise OverflowError("more runs of one duration than a cell can count")
    entries = np.zeros(len(bins), ENTRY)
    entries["bin"], entries["count"] = bins, counts
    return entries


@dataclass(frozen=True)
class Distribution:
    """Of one group: cells that were counted, durations that were not, and known bounds in
    microseconds."""

    packed: Sequence[bytes]
    durations: bytes = b""
    least: float = 0
    most: float = 0


class Distributions:
    """Those of many groups, so that all are calculated at once."""

    def __init__(self, groups: Sequence[Distribution]) -> None:
        self._groups = groups

    def percentile(self, fraction: float) -> Floats:
        """In seconds, a percentile of each group by linear interpolation between the two values
        around it, as percentile_cont of PostgreSQL does; each is within RELATIVE_ERROR. Every
        group needs a duration."""
        rank = fraction * (self._upto[1:] - self._upto[:-1] - 1)
        below, above = np.floor(rank), np.ceil(rank)
        low, high = self._at(below.astype(np.int64)), self._at(above.astype(np.int64))
        value: Floats = (low + (rank - below) * (high - low)) / 1_000_000
        return value

    def packed(self) -> list[bytes]:
        """Of each group, all of it in the sparse form."""
        groups = np.repeat(np.arange(len(self._groups)), np.diff(self._bounds))
        keys, places = np.unique(groups * BINS + self._entries["bin"], return_inverse=True)
        # As floats: exact up to 2**53.
        counts = np.bincount(places, weights=self._entries["count"], minlength=len(keys))
        entries = entries_of(keys % BINS, counts.astype(np.int64))
        ends = np.searchsorted(keys, np.arange(1, len(self._groups) + 1) * BINS)
        return [part.tobytes() for part in np.split(entries, ends)[:-1]]

    def _at(self, rank: Integers) -> Floats:
        """The value of each group that so many others come before."""
        index = np.searchsorted(self._cumulated, self._upto[:-1] + rank, side="right") - 1
        near = np.clip(values_of(self._entries["bin"][index]), self._least, self._most)
        # The first and the last are known.
        near = np.where(rank == 0, self._least, near)
        return np.where(rank == np.diff(self._upto) - 1, self._most, near)

    @cached_property
    def _sorted(self) -> list[bytes]:
        """The entries of each group in the order of bins, which may repeat."""
        counted = iter(_counted([group.durations for group in self._groups]))
        return [
            _in_order([*group.packed, next(counted)] if group.durations else group.packed)
            for group in self._groups
        ]

    @cached_property
    def _bounds(self) -> Integers:
        """The first entry of each group, and the end of the last."""
        return np.cumsum([0, *(len(one) // ENTRY.itemsize for one in self._sorted)])

    @cached_property
    def _entries(self) -> Entries:
        return np.frombuffer(b"".join(self._sorted), ENTRY)

    @cached_property
    def _cumulated(self) -> Integers:
        """How many durations come before each entry, and in all."""
        cumulated = np.zeros(len(self._entries) + 1, np.int64)
        np.cumsum(self._entries["count"], out=cumulated[1:])
        return cumulated

    @cached_property
    def _upto(self) -> Integers:
        """How many durations come before each group, and in all."""
        return self._cumulated[self._bounds]

    @cached_property
    def _least(self) -> Floats:
        return np.array([group.least for group in self._groups])

    @cached_property
    def _most(self) -> Floats:
        return np.array([group.most for group in self._groups])


def _in_order(packed: Sequence[bytes]) -> bytes:
    """One sparse form is in order already, as it is of most groups."""
    if len(packed) == 1:
        return packed[0]
    entries = np.frombuffer(b"".join(packed), ENTRY)
    return entries[np.argsort(entries["bin"], kind="stable")].tobytes()


def _counted(durations: Sequence[bytes]) -> list[bytes]:
    """Those that are not empty, as entries; their bins are in order and may repeat."""
    some = [one for one in durations if one]
    bins = bins_of(np.frombuffer(b"".join(some), DURATION).astype(np.int64))
    ends = np.cumsum([len(one) // DURATION.itemsize for one in some])
    return [_single_entries(part) for part in np.split(bins, ends)[:-1]]


def _single_entries(bins: Integers) -> bytes:
    entries = np.ones(len(bins), ENTRY)
    entries["bin"] = np.sort(bins)
    return entries.tobytes()
