"""Which cells answer which part of a question, and what is left to the facts. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from services.warehouse.rollups.levels import SORTS, Level, Rolled, Sort, sorts_for
from services.warehouse.rollups.spans import Spans


@dataclass(frozen=True)
class Wanted:
    """Times that are asked about, keys that have to be told apart, and times that no cell may
    cross.

    No cell longer than `longest` may be used, and none of other sorts. Without keys, cells are of
    no use at all.
    """

    times: Spans
    keys: frozenset[str] | None
    bounds: Collection[int] = ()
    longest: Level = Level.WEEK
    sorts: Sequence[Sort] = SORTS


@dataclass(frozen=True)
class Part:
    """Cells of one sort."""

    sort: Sort
    times: Spans


@dataclass(frozen=True)
class Plan:
    """Every time that is asked about is in exactly one part, or left to the facts."""

    parts: tuple[Part, ...] = ()
    facts: Spans = field(default_factory=Spans)


def plan(wanted: Wanted, rolled: Rolled) -> Plan:
    """The longest and coarsest cells first."""
    sorts = sorts_for(wanted.keys, wanted.longest, wanted.sorts) if wanted.keys is not None else ()
    return cover(wanted.times, sorts, rolled, wanted.bounds)


def cover(
    times: Spans, sorts: Iterable[Sort], rolled: Rolled, bounds: Collection[int] = ()
) -> Plan:
    """The first sort wherever it agrees, then the next."""
    parts, left = [], times
    cut = {level: level.inside_of(bounds) for level in {sort.level for sort in rolled}}
    for sort in sorts:
        if not left:
            break
        usable = sort in rolled and (sort.level.within(left) & rolled[sort]) - cut[sort.level]
        if usable:
            parts.append(Part(sort, usable))
            left = left - usable
    return Plan(tuple(parts), left)
