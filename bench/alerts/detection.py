"""Who finds incidents, and how often what is none: the rule, and what it is better than."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean, median, stdev

from bench.alerts.series import JUDGED_WEEKS, REAL_RUNS, Series, as_real_runs_are, made_up
from services.alerts.conditions import judge
from services.alerts.observations import EVERYTHING, Observations
from services.alerts.rule import Anomaly, Direction, Question, Rule
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.registry import MEASURES
from services.warehouse.queries.selection import Filter
from services.warehouse.queries.sources import EXECUTIONS

START = datetime(2026, 1, 5, tzinfo=UTC)
SENSITIVITY = 2.5
SEEDS = range(1, 6)

Judge = Callable[[int], bool]


@dataclass(frozen=True)
class Score:
    """How many of what was told are incidents, and how many incidents were told; averages."""

    precision: float
    recall: float
    false_a_week: float


def scores() -> dict[str, dict[str, Score]]:
    """By the name of a series and that of a way."""
    made = {"made up": [made_up(Random(seed)) for seed in SEEDS]}
    if REAL_RUNS.exists():
        made["pattern of real runs"] = [as_real_runs_are(Random(seed)) for seed in SEEDS]
    return {name: _scores_of(series) for name, series in made.items()}


def _scores_of(series: Sequence[Series]) -> dict[str, Score]:
    ways: dict[str, Callable[[Series], Judge]] = {
        "hour of week, the rule": _by_rule,
        "the same, for two windows": lambda one: _twice(_by_rule(one)),
        "hour of week, median and MAD": _by_mad,
        "z-score of 24 h": _by_z_score,
    }
    return {name: _mean([_score(way(one), one) for one in series]) for name, way in ways.items()}


def _by_rule(series: Series) -> Judge:
    """As it is judged: the same code, over the same windows."""
    seen, window = Observations(series.counts, is_grouped=False), series.window
    for number, value in enumerate(series.values):
        seen.add(Interval(START + number * window, START + (number + 1) * window), {}, value)
    rule = _rule(window)
    return lambda number: bool(
        judge(rule, seen, START + (number + 1) * window, ())[EVERYTHING].holds
    )


def _twice(way: Judge) -> Judge:
    """As with a for_duration of one window."""
    return lambda number: way(number) and way(number - 1)


def _by_mad(series: Series) -> Judge:
    def holds(number: int) -> bool:
        before = [
            series.values[number - week * series.week + beside]
            for week in range(8, 0, -1)
            for beside in (-1, 0, 1)
            if number - week * series.week + beside >= 0
        ]
        center = median(before)
        spread = 1.4826 * median(abs(value - center) for value in before)
        return abs(series.values[number] - center) > SENSITIVITY * max(spread, 0.05 * center)

    return holds


def _by_z_score(series: Series) -> Judge:
    def holds(number: int) -> bool:
        before = series.values[number - series.day : number]
        return abs(series.values[number] - fmean(before)) > SENSITIVITY * stdev(before)

    return holds


def _score(way: Judge, series: Series) -> Score:
    incidents = series.incidents
    told = [number for number in series.judged if way(number)]
    there = {incidents[number] for number in series.judged if number in incidents}
    found = {incidents[number] for number in told if number in incidents}
    true = sum(number in incidents for number in told)
    false = len(told) - true
    return Score(true / max(1, len(told)), len(found) / len(there), false / JUDGED_WEEKS)


def _mean(scores: Sequence[Score]) -> Score:
    return Score(
        fmean(one.precision for one in scores),
        fmean(one.recall for one in scores),
        fmean(one.false_a_week for one in scores),
    )


def _rule(window: timedelta) -> Rule:
    return Rule(
        rule_id="bench",
        name="bench",
        severity=1,
        question=Question(MEASURES["cost"], EXECUTIONS, Filter(), (), counts=False),
        condition=Anomaly(SENSITIVITY, Direction.EITHER),
        window=window,
        interval=window,
        data_delay=timedelta(),
    )
