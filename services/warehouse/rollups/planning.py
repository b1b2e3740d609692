"""Which cells answer which part of a question, and what is left to the facts. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import chain

from services.warehouse.rollups.levels import SORTS, Level, Rolled, Sort, sorts_for
from services.warehouse.rollups.spans import Spans, spans_of


@dataclass(frozen=True)
class Wanted:
    """Times that are asked about, keys that have to be told apart, and times that no cell may
    cross.

    No cell longer than `longest` may be used, and none of other sorts. Without keys, cells are of
    no use at all. Groups differ in at least the keys `apart`.
    """

    times: Spans
    keys: frozenset[str] | None
    bounds: Collection[int] = ()
    longest: Level = Level.WEEK
    sorts: Sequence[Sort] = SORTS
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Part:
    """Cells of one sort. If they are alone, each is all that there is of its group between two
    bounds."""

    sort: Sort
    times: Spans
    are_alone: bool = False


@dataclass(frozen=True)
class Plan:
    """Every time that is asked about is in exactly one part, or left to the facts."""

    parts: tuple[Part, ...] = ()
    facts: Spans = field(default_factory=Spans)


def plan(wanted: Wanted, rolled: Rolled) -> Plan:
    """The longest and coarsest cells first."""
    sorts = sorts_for(wanted.keys, wanted.longest, wanted.sorts) if wanted.keys is not None else ()
    found = cover(wanted.times, sorts, rolled, wanted.bounds)
    edges = {*wanted.bounds, *chain.from_iterable(wanted.times.hull)}
    parts = (_told_apart(part, edges, wanted.apart) for part in found.parts)
    return replace(found, parts=tuple(chain.from_iterable(parts)))


def _told_apart(part: Part, edges: AbstractSet[int], apart: AbstractSet[str]) -> Iterator[Part]:
    """The cells that are alone, and the others. No edge lies within any of them."""
    alone = _alone(part, edges) if set(part.sort.cuboid.keys) <= apart else Spans()
    if alone:
        yield Part(part.sort, alone, are_alone=True)
    if part.times - alone:
        yield Part(part.sort, part.times - alone)


def _alone(part: Part, edges: AbstractSet[int]) -> Spans:
    length = part.sort.level.length
    starts = part.sort.level.starts(part.times)
    return spans_of((at, at + length) for at in starts if at in edges and at + length in edges)


def cover(
    times: Spans, sorts: Iterable[Sort], rolled: Rolled, bounds: Collection[int] = ()
) -> Plan:
    """The first sort wherever it agrees, then the next."""
    parts, left = [], times
    ordered = sorted(bounds)
    cut = {level: level.inside_of(ordered) for level in {sort.level for sort in rolled}}
    for sort in sorts:
        if not left:
            break
        usable = sort in rolled and (sort.level.within(left) & rolled[sort]) - cut[sort.level]
        if usable:
            parts.append(Part(sort, usable))
            left = left - usable
    return Plan(tuple(parts), left)
