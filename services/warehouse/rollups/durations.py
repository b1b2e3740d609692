"""Durations counted in logarithmic bins, and percentiles of them.

A bin ends where it begins times GAMMA, and stands for the value in it that is nowhere further than
RELATIVE_ERROR from any other; merging is the addition of counts, in any order (Masson, Rim, Lee:
"DDSketch", PVLDB 12, 2019, section 2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

RELATIVE_ERROR = 0.01
GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
LOG_GAMMA = math.log(GAMMA)
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


def bins_of(durations: Integers) -> Integers:
    """The bins of durations in whole microseconds."""
    bins = np.ceil(np.log(np.maximum(durations, 1)) / LOG_GAMMA).astype(np.int64) + FIRST
    return np.where(durations > 0, bins, NOTHING)


def values_of(bins: Integers) -> Floats:
    """What bins stand for, in microseconds."""
    values = 2 * np.power(GAMMA, bins.astype(np.float64) - FIRST) / (GAMMA + 1)
    return np.where(bins > NOTHING, values, 0.0)


def _added(places: Integers, counts: Integers, size: int) -> Integers:
    """Sums of counts by their places."""
    # As floats: exact up to 2**53.
    return np.bincount(places, weights=counts, minlength=size).astype(np.int64)


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
        rank = fraction * (self._totals - 1)
        below, above = np.floor(rank), np.ceil(rank)
        low, high = self._at(below.astype(np.int64)), self._at(above.astype(np.int64))
        value: Floats = (low + (rank - below) * (high - low)) / 1_000_000
        return value

    def packed(self) -> list[bytes]:
        """Of each group, all of it in the sparse form."""
        groups, bins, counts = self._counted
        keys, places = np.unique(groups * BINS + bins, return_inverse=True)
        added = _added(places, counts, len(keys))
        if added.max(initial=0) > np.iinfo(np.uint32).max:
            raise OverflowError("more runs of one duration than a cell can count")
        entries = np.zeros(len(keys), ENTRY)
        entries["bin"], entries["count"] = keys % BINS, added
        ends = np.searchsorted(keys, np.arange(1, len(self._groups) + 1) * BINS)
        parts = np.split(entries, ends[:-1]) if len(ends) else []
        return [part.tobytes() for part in parts]

    def _at(self, rank: Integers) -> Floats:
        """The value of each group that so many others come before."""
        index = np.searchsorted(self._cumulated, self._before + rank, side="right")
        return np.clip(values_of(self._bins[index]), self._least, self._most)

    @cached_property
    def _counted(self) -> tuple[Integers, Integers, Integers]:
        """Group, bin and count of each entry, in the order of groups and bins."""
        groups, bins, counts = map(np.concatenate, zip(self._entries, self._facts, strict=True))
        keys = groups * BINS + bins
        if np.all(keys[1:] >= keys[:-1]):
            return groups, bins, counts  # As those of single cells are.
        order = np.argsort(keys, kind="stable")
        return groups[order], bins[order], counts[order]

    @cached_property
    def _entries(self) -> tuple[Integers, Integers, Integers]:
        joined = [b"".join(group.packed) for group in self._groups]
        entries = np.frombuffer(b"".join(joined), ENTRY)
        groups = _numbers([len(one) // ENTRY.itemsize for one in joined])
        return groups, entries["bin"].astype(np.int64), entries["count"].astype(np.int64)

    @cached_property
    def _facts(self) -> tuple[Integers, Integers, Integers]:
        durations = np.frombuffer(b"".join(group.durations for group in self._groups), DURATION)
        groups = _numbers([len(group.durations) // DURATION.itemsize for group in self._groups])
        return groups, bins_of(durations.astype(np.int64)), np.ones(len(durations), np.int64)

    @property
    def _bins(self) -> Integers:
        return self._counted[1]

    @cached_property
    def _cumulated(self) -> Integers:
        return np.cumsum(self._counted[2])

    @cached_property
    def _totals(self) -> Integers:
        return _added(self._counted[0], self._counted[2], len(self._groups))

    @cached_property
    def _before(self) -> Integers:
        return np.cumsum(self._totals) - self._totals

    @cached_property
    def _least(self) -> Floats:
        return np.array([group.least for group in self._groups])

    @cached_property
    def _most(self) -> Floats:
        return np.array([group.most for group in self._groups])


def _numbers(lengths: Sequence[int]) -> Integers:
    return np.repeat(np.arange(len(lengths)), lengths)
