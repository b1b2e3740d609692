"""Which cells answer which part of a question, and what is left to the facts. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.warehouse.rollups.levels import Level, Rolled, Sort, sorts_for
from services.warehouse.rollups.spans import Spans


@dataclass(frozen=True)
class Wanted:
    """Times that are asked about, keys that have to be told apart, and times that no cell may
    cross.

    No cell longer than `longest` may be used. Without keys, cells are of no use at all.
    """

    times: Spans
    keys: frozenset[str] | None
    bounds: Collection[int] = ()
    longest: Level = Level.WEEK


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
    parts, left = [], wanted.times
    for sort in sorts_for(wanted.keys, wanted.longest) if wanted.keys is not None else ():
        agreeing = rolled.get(sort)
        usable = agreeing and agreeing & _whole(left, sort.level, wanted.bounds)
        if usable:
            parts.append(Part(sort, usable))
            left = left - usable
    return Plan(tuple(parts), left)


def _whole(times: Spans, level: Level, bounds: Collection[int]) -> Spans:
    return level.within(times) - level.inside_of(bounds)
