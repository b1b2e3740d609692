"""A metric with the rhythm of a week, and incidents of which one knows: who finds them?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import pi, sin
from random import Random
from statistics import fmean, stdev

from services.alerts.conditions import judge
from services.alerts.observations import EVERYTHING, Observations
from services.alerts.rule import Anomaly, Direction, Question, Rule
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.registry import MEASURES
from services.warehouse.queries.selection import Filter
from services.warehouse.queries.sources import EXECUTIONS

QUARTER = timedelta(minutes=15)
A_DAY, A_WEEK = 96, 96 * 7
WEEKS, JUDGED_WEEKS, INCIDENTS, LENGTH = 11, 3, 40, 4
START = datetime(2026, 1, 5, tzinfo=UTC)
SENSITIVITY = 2.5

Judge = Callable[[Sequence[float], int], bool]


@dataclass(frozen=True)
class Score:
    """How many of what was told are incidents, and how many incidents were told."""

    precision: float
    recall: float
    false_a_week: float


def scores() -> dict[str, Score]:
    """Of the rule, and of what it is better than."""
    values, incidents = _made_up(Random(1))
    judged = range(A_WEEK * (WEEKS - JUDGED_WEEKS), A_WEEK * WEEKS)
    ways = {"hour of week, median and MAD": _by_rule(values), "z-score of 24 h": _z_score}
    return {name: _score(way, values, judged, incidents) for name, way in ways.items()}


def _made_up(random: Random) -> tuple[list[float], dict[int, int]]:
    """Quiet nights and weekends, noise, and incidents in all weeks: some rise, some fall."""
    values = [_usual(number) * random.lognormvariate(0, 0.1) for number in range(A_WEEK * WEEKS)]
    starts = random.sample(range(A_DAY, A_WEEK * WEEKS - LENGTH, 2 * LENGTH), INCIDENTS)
    incidents = {}
    for number, start in enumerate(starts):
        factor = random.choice((0.3, 2.0, 3.0))
        for quarter in range(start, start + LENGTH):
            values[quarter] *= factor
            incidents[quarter] = number
    return values, incidents


def _usual(number: int) -> float:
    of_day = 100 + 80 * sin(2 * pi * (number % A_DAY) / A_DAY - pi / 2)
    return of_day * (0.4 if number % A_WEEK >= 5 * A_DAY else 1)


def _by_rule(values: Sequence[float]) -> Judge:
    """The rule as it is judged: the same code, over the same windows."""
    seen = Observations(counts=False, is_grouped=False)
    for number, value in enumerate(values):
        seen.add(Interval(START + number * QUARTER, START + (number + 1) * QUARTER), {}, value)
    rule = _rule()
    return lambda _, number: bool(
        judge(rule, seen, START + (number + 1) * QUARTER, ())[EVERYTHING].holds
    )


def _z_score(values: Sequence[float], number: int) -> bool:
    before = values[number - A_DAY : number]
    return abs(values[number] - fmean(before)) > SENSITIVITY * stdev(before)


def _score(way: Judge, values: Sequence[float], judged: range, incidents: dict[int, int]) -> Score:
    told = [number for number in judged if way(values, number)]
    there = {incidents[number] for number in judged if number in incidents}
    found = {incidents[number] for number in told if number in incidents}
    true = sum(number in incidents for number in told)
    false = len(told) - true
    return Score(true / max(1, len(told)), len(found) / len(there), false / JUDGED_WEEKS)


def _rule() -> Rule:
    question = Question(MEASURES["cost"], EXECUTIONS, Filter(), (), counts=False)
    none = timedelta()
    anomaly = Anomaly(SENSITIVITY, Direction.EITHER)
    return Rule(
        rule_id="bench",
        name="bench",
        severity=1,
        question=question,
        condition=anomaly,
        window=QUARTER,
        interval=QUARTER,
        data_delay=none,
        for_duration=none,
        cooldown=none,
        renotify_interval=None,
        renotify_limit=0,
        escalation=(),
    )
