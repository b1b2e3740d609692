"""The lengths of time that cells are about, and what cells of one sort tell apart. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.warehouse.rollups.spans import Spans, spans_of

MINUTE = 60_000_000
# 1970 began on a Thursday; the first Monday was its fifth day.
FIRST_MONDAY = 4 * 24 * 60 * MINUTE
# So long a run counts as under way, at most: what is lost seldom says when it ended.
LONGEST_RUN = 24 * 60 * MINUTE


class Level(StrEnum):
    """From short to long. Each is a whole number of the one before it."""

    SLOT = "slot"
    HOUR = "hour"
    QUARTER_DAY = "quarter_day"
    DAY = "day"
    WEEK = "week"

    @property
    def length(self) -> int:
        """Microseconds."""
        return _LENGTHS[self]

    def floor(self, time: int) -> int:
        """The start of the cell that a time lies in."""
        return time - (time - FIRST_MONDAY) % self.length

    def ceil(self, time: int) -> int:
        """The first start of a cell that is not before the time."""
        return -((-time + FIRST_MONDAY) // self.length) * self.length + FIRST_MONDAY

    def within(self, spans: Spans) -> Spans:
        """The cells that lie in the spans as a whole."""
        return spans_of((self.ceil(start), self.floor(end)) for start, end in spans)

    def around(self, spans: Spans) -> Spans:
        """The cells that the spans touch."""
        return spans_of((self.floor(start), self.ceil(end)) for start, end in spans)

    def containing(self, times: Iterable[int]) -> Spans:
        """The cells that times lie in."""
        length = self.length
        starts = {time - (time - FIRST_MONDAY) % length for time in times}
        return spans_of((start, start + length) for start in starts)

    def inside_of(self, times: Sequence[int]) -> Spans:
        """The cells that times, which are in order, cut in two."""
        length, number, cells = self.length, 0, []
        while number < len(times):
            past = (times[number] - FIRST_MONDAY) % length
            if past:
                start = times[number] - past
                cells.append((start, start + length))
                number = bisect_left(times, start + length, number)
            else:
                number += 1
        return spans_of(cells)

    def starts(self, spans: Spans) -> list[int]:
        """The starts of all cells of spans that consist of whole ones."""
        return [time for start, end in spans for time in range(start, end, self.length)]


_LENGTHS = {
    Level.SLOT: 5 * MINUTE,
    Level.HOUR: 60 * MINUTE,
    Level.QUARTER_DAY: 6 * 60 * MINUTE,
    Level.DAY: 24 * 60 * MINUTE,
    Level.WEEK: 7 * 24 * 60 * MINUTE,
}


class Cuboid(StrEnum):
    """Which keys the cells of one sort tell apart. Profiles of agents, and cells of metric points,
    are of kinds of their own."""

    WORKSPACE = "workspace"
    AGENT = "agent"
    MODEL = "model"
    AGENT_MODEL = "agent_model"
    FINE = "fine"
    PROFILE = "profile"
    METRIC = "metric"

    @property
    def keys(self) -> tuple[str, ...]:
        return _KEYS[self]


KEYS = ("agent_id", "model", "status", "error_type")
_KEYS = {
    Cuboid.WORKSPACE: (),
    Cuboid.AGENT: ("agent_id",),
    Cuboid.MODEL: ("model",),
    Cuboid.AGENT_MODEL: ("agent_id", "model"),
    Cuboid.FINE: KEYS,
    Cuboid.PROFILE: ("agent_id",),
    Cuboid.METRIC: ("metric_type",),
}


class Sort(NamedTuple):
    """Cells of one length that tell the same keys apart."""

    level: Level
    cuboid: Cuboid

    @property
    def whole(self) -> Level:
        """What is rolled at once."""
        return Level.HOUR if self.level is Level.SLOT else self.level


# For the ragged ends of questions about workspaces, as a whole or by one key.
OF_ENDS = (Cuboid.WORKSPACE, Cuboid.AGENT, Cuboid.MODEL)
ENDS = (Level.SLOT, Level.QUARTER_DAY)
OF_RUNS = (Cuboid.FINE, Cuboid.AGENT_MODEL, Cuboid.MODEL, Cuboid.AGENT, Cuboid.WORKSPACE)
# From short to long, and from fine to coarse: each follows from those before it.
SORTS = tuple(
    Sort(level, cuboid)
    for level in Level
    for cuboid in OF_RUNS
    if level not in ENDS or cuboid in OF_ENDS
)
OF_SLOTS = tuple(sort for sort in SORTS if sort.level is Level.SLOT)
# From short to long; they follow from each other, and from facts.
PROFILES = tuple(Sort(level, Cuboid.PROFILE) for level in (Level.HOUR, Level.DAY, Level.WEEK))
# The same of metric points.
OF_POINTS = tuple(Sort(level, Cuboid.METRIC) for level in (Level.HOUR, Level.DAY, Level.WEEK))
ALL_SORTS = (*SORTS, *PROFILES, *OF_POINTS)
# The only ones that writers add to.
KEPT = Sort(Level.HOUR, Cuboid.FINE)

Rolled = Mapping[Sort, Spans]
"""When cells of each sort agree with the facts."""


def sorts_for(
    keys: frozenset[str], longest: Level = Level.WEEK, sorts: Sequence[Sort] = SORTS
) -> Iterator[Sort]:
    """Those that tell the keys apart, the longest and coarsest first."""
    for sort in reversed(sorts):
        if keys <= set(sort.cuboid.keys) and sort.level.length <= longest.length:
            yield sort
