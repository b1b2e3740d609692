"""Which windows a rule looks at, and whether its condition holds there. Pure.

Nothing here knows why a moment is judged: to find what is, or to preview what would have been.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import eq, ge, gt, le, lt, ne

from services.alerts.baselines import usual
from services.alerts.observations import Observations
from services.alerts.rule import (
    Absence,
    Anomaly,
    Change,
    Comparator,
    Condition,
    Direction,
    Pattern,
    Rule,
    Threshold,
)
from services.alerts.shapes import LEAST_POINTS, makes
from services.warehouse.queries.interval import Interval

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SEASONS = 8
LENGTH_OF_PATTERN = timedelta(minutes=30)
VANISHED = "there are no facts of the group any more"
MEMORY = DAY
"""So long a group is missed that has gone silent."""

COMPARED = {
    Comparator.ABOVE: gt,
    Comparator.BELOW: lt,
    Comparator.AT_LEAST: ge,
    Comparator.AT_MOST: le,
    Comparator.EQUAL: eq,
    Comparator.NOT_EQUAL: ne,
}


@dataclass(frozen=True)
class Verdict:
    """Whether the condition holds, None if nobody knows; and the values that say so."""

    holds: bool | None
    value: float | None = None
    expected: float | None = None
    reason: str = ""
    """What else there is to say."""


def windows_at(rule: Rule, moment: datetime) -> list[Interval]:
    """All that must be known to judge the moment."""
    now, condition = Interval(moment - rule.window, moment), rule.condition
    match condition:
        case Change():
            return [now, _before(now, condition.reference)]
        case Absence():
            return [now, _remembered(now)]
        case Anomaly():
            return [now, *_seasonal(now), *_recent(now)]
        case Pattern():
            return _successive(now)
        case _:
            return [now]


def judge(
    rule: Rule, seen: Observations, moment: datetime, also: Collection[str]
) -> dict[str, Verdict]:
    """By group: those that have facts, and some that are asked for also."""
    now = Interval(moment - rule.window, moment)
    there = seen.groups(_telling(rule.condition, now))
    found = {key: _verdict(rule.condition, seen, now, key) for key in sorted(there | set(also))}
    if isinstance(rule.condition, Absence):
        return found
    return {key: one if key in there else _of_vanished(one) for key, one in found.items()}


def _of_vanished(verdict: Verdict) -> Verdict:
    """A group without facts counts zero, and would be below a threshold for ever."""
    return replace(verdict, holds=False, reason=VANISHED) if verdict.holds else verdict


def _telling(condition: Condition, now: Interval) -> Sequence[Interval]:
    """The windows whose groups are judged."""
    match condition:
        case Change():
            return [now, _before(now, condition.reference)]
        case Absence():
            return [_remembered(now)]
        case Anomaly():
            return [now, *_recent(now)]
        case Pattern():
            return _successive(now)
        case _:
            return [now]


def _verdict(condition: Condition, seen: Observations, now: Interval, key: str) -> Verdict:
    value = seen.value(now, key)
    match condition:
        case Threshold():
            return _of_threshold(condition, value)
        case Change():
            before = seen.value(_before(now, condition.reference), key)
            return _of_change(condition, value, before)
        case Absence():
            return _of_absence(seen, now, key)
        case Anomaly():
            return _of_anomaly(condition, seen, now, key)
        case Pattern():
            return Verdict(_of_pattern(condition, seen, now, key), value)


def _of_threshold(condition: Threshold, value: float | None) -> Verdict:
    if value is None:
        return Verdict(None, None, condition.threshold)
    holds = COMPARED[condition.comparator](value, condition.threshold)
    return Verdict(holds, value, condition.threshold)


def _of_change(condition: Change, value: float | None, before: float | None) -> Verdict:
    if value is None or before is None or (condition.is_percent and before == 0):
        return Verdict(None, value, before)
    moved = _moved(condition.direction, value - before)
    if condition.is_percent:
        moved = moved / abs(before) * 100
    return Verdict(moved >= condition.amount, value, before)


def _of_absence(seen: Observations, now: Interval, key: str) -> Verdict:
    value = seen.value(now, key)
    if seen.is_there(now, key):
        return Verdict(holds=False, value=value)
    if now in seen.gone:
        return Verdict(None)
    if seen.is_grouped and not seen.is_there(_remembered(now), key):
        return Verdict(None, value)
    return Verdict(holds=True, value=value)


def _of_anomaly(condition: Anomaly, seen: Observations, now: Interval, key: str) -> Verdict:
    value = seen.value(now, key)
    seasonal, recent = seen.known(_seasonal(now), key), seen.known(_recent(now), key)
    found = usual(seasonal, recent, counts=seen.counts)
    if value is None or found is None:
        return Verdict(None, value)
    far = _moved(condition.direction, found.distance(value))
    return Verdict(far > condition.sensitivity, value, found.center)


def _of_pattern(condition: Pattern, seen: Observations, now: Interval, key: str) -> bool | None:
    if seen.value(now, key) is None:
        return None
    return makes(condition.shape, seen.known(_successive(now), key))


def _moved(direction: Direction, difference: float) -> float:
    if direction is Direction.EITHER:
        return abs(difference)
    return difference if direction is Direction.RISE else -difference


def _before(window: Interval, distance: timedelta) -> Interval:
    return Interval(window.start - distance, window.end - distance)


def _remembered(now: Interval) -> Interval:
    return Interval(now.start - MEMORY, now.start)


def _seasonal(now: Interval) -> list[Interval]:
    """Around the same hour of earlier weeks."""
    return [
        _before(now, week * WEEK + beside * now.length)
        for week in range(SEASONS, 0, -1)
        for beside in (1, 0, -1)
    ]


def _recent(now: Interval) -> list[Interval]:
    return [_before(now, number * now.length) for number in _backwards(DAY // now.length)]


def _successive(now: Interval) -> list[Interval]:
    count = max(LEAST_POINTS, LENGTH_OF_PATTERN // now.length)
    return [*(_before(now, number * now.length) for number in _backwards(count - 1)), now]


def _backwards(count: int) -> Iterable[int]:
    return range(count, 0, -1)
