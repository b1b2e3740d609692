"""What facts of a group have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from services.warehouse.queries.interval import Interval
from services.warehouse.rollups.levels import KEYS, Level
from services.warehouse.sql import Parameters, Queries

QUERIES = Queries(__file__)
DAY = timedelta(days=1)

Expression = Callable[[Parameters], str]
"""SQL whose values are bound to the statement that it becomes a part of."""


@dataclass(frozen=True)
class Label:
    """What it is called, and its value as SQL; "" stands for "not known".

    `keys` are what cells must tell apart for it, and none may be longer than `longest`. Without
    `keys`, only facts tell it.
    """

    name: str
    expression: Expression
    keys: frozenset[str] | None = None
    longest: Level = Level.WEEK


def dimension(name: str) -> Label:
    """A dimension of executions, such as agent_id."""
    keys = frozenset({name}) if name in KEYS else None
    return Label(name, lambda _: QUERIES[f"by_{name}"], keys)


def tag(key: str) -> Label:
    """A tag of metric points."""
    return Label(key, lambda parameters: QUERIES["by_tag"].format(key=parameters.bind(key)))


def by_metric() -> Label:
    """The number of a point's metric among those that are asked for, from 1."""
    return Label("", lambda _: QUERIES["by_metric"], frozenset({"metric_type"}))


def clock(part: str, zone: ZoneInfo, interval: Interval) -> Label:
    """The "weekday" or the "hour" that a zone's clock shows."""

    def expression(parameters: Parameters) -> str:
        return QUERIES[f"by_{part}"].format(time_zone=parameters.bind(zone.key))

    longest = _longest_of_one_hour(zone, interval)
    if longest is None:
        return Label(part, expression)
    return Label(part, expression, frozenset(), longest)


def _longest_of_one_hour(zone: ZoneInfo, interval: Interval) -> Level | None:
    """The longest cells of which each lies in one hour of the zone's clock."""
    days = int(interval.length / DAY) + 2
    moments = (min(interval.start + number * DAY, interval.end) for number in range(days))
    offsets = {moment.astimezone(zone).utcoffset() or timedelta() for moment in moments}
    for level in (Level.HOUR, Level.SLOT):
        length = timedelta(microseconds=level.length)
        if not any(offset % length for offset in offsets):
            return level
    return None
