"""Which cells answer which part of a question, and what is left to the facts. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from services.warehouse.rollups.levels import OF_SLOTS, Cuboid, Level, State
from services.warehouse.rollups.spans import Spans


@dataclass(frozen=True)
class Wanted:
    """Times that are asked about, what has to be told apart, and times that no cell may cross.

    No cell longer than `longest` may be used. Without a cuboid, cells are of no use at all.
    """

    times: Spans
    cuboid: Cuboid | None
    bounds: Collection[int] = ()
    longest: Level = Level.WEEK


@dataclass(frozen=True)
class Part:
    """Cells of one sort."""

    level: Level
    cuboid: Cuboid
    times: Spans


@dataclass(frozen=True)
class Plan:
    """Every time that is asked about is in exactly one part, or left to the facts."""

    parts: tuple[Part, ...] = ()
    facts: Spans = field(default_factory=Spans)


def plan(wanted: Wanted, rolled: Mapping[State, Spans]) -> Plan:
    """The longest cells first."""
    parts, left = [], wanted.times
    for state, cuboid in _sorts(wanted):
        usable = _usable(left, state.level, wanted.bounds) & rolled.get(state, Spans())
        if usable:
            parts.append(Part(state.level, cuboid, usable))
            left = left - usable
    return Plan(tuple(parts), left)


def _sorts(wanted: Wanted) -> Iterator[tuple[State, Cuboid]]:
    cuboid = wanted.cuboid
    if cuboid is None:
        return
    for state in (State.WEEK, State.DAY, State.HOUR):
        if state.level.length <= wanted.longest.length:
            yield state, cuboid
    if Level.HOUR.length <= wanted.longest.length:
        yield State.KEPT, Cuboid.FINE
    if cuboid in OF_SLOTS:
        yield State.SLOT, cuboid


def _usable(times: Spans, level: Level, bounds: Collection[int]) -> Spans:
    return level.within(times) - level.inside_of(bounds)
