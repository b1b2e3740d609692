"""Metrics with the rhythm of a week, and incidents of which one knows."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, pi, sin
from pathlib import Path
from random import Random

WEEKS, JUDGED_WEEKS, INCIDENTS, LENGTH = 11, 3, 40, 4
REAL_RUNS = Path(__file__).parents[2].parent / "shared" / "data" / "agent_runs.jsonl"


@dataclass(frozen=True)
class Series:
    """Values of successive windows; which of them are of an incident, by its number."""

    window: timedelta
    counts: bool
    values: list[float]
    incidents: dict[int, int]

    @property
    def week(self) -> int:
        return timedelta(days=7) // self.window

    @property
    def day(self) -> int:
        return self.week // 7

    @property
    def judged(self) -> range:
        return range(self.week * (WEEKS - JUDGED_WEEKS), self.week * WEEKS)


def made_up(random: Random) -> Series:
    """Quarters of an hour, with quiet nights and weekends, noise, and incidents in all weeks: some
    rise, some fall."""
    quarter = timedelta(minutes=15)

    def value(number: int, factor: float) -> float:
        return _wave(number) * random.lognormvariate(0, 0.1) * factor

    return _series(random, quarter, False, (0.3, 2.0, 3.0), value)


def _wave(number: int) -> float:
    of_day = 100 + 80 * sin(2 * pi * (number % 96) / 96 - pi / 2)
    return of_day * (0.4 if number % (7 * 96) >= 5 * 96 else 1)


def as_real_runs_are(random: Random, path: Path = REAL_RUNS) -> Series:
    """Hours, of which each has as many runs as that hour of the day, and that day of the week, had
    in the real data, but for chance; some have none, or three or five times as many."""
    usual = _real_pattern(path)

    def value(number: int, factor: float) -> float:
        return float(_poisson(random, usual[number % len(usual)] * factor))

    return _series(random, timedelta(hours=1), True, (0.0, 3.0, 5.0), value)


def _real_pattern(path: Path) -> list[float]:
    """Of a week: the average of the days on which there were any, and how they differ."""
    runs = {line["run_id"]: line for line in map(json.loads, path.read_text().splitlines())}
    starts = [datetime.fromisoformat(line["started_at"]) for line in runs.values()]
    days = len({one.date() for one in starts})
    hours, weekdays = Counter(one.hour for one in starts), Counter(one.weekday() for one in starts)
    return [
        hours[hour] / days * weekdays[day] * 7 / len(starts)
        for day in range(7)
        for hour in range(24)
    ]


def _series(
    random: Random,
    window: timedelta,
    counts: bool,
    factors: tuple[float, ...],
    value: Callable[[int, float], float],
) -> Series:
    count, day = timedelta(weeks=WEEKS) // window, timedelta(days=1) // window
    starts = random.sample(range(day, count - LENGTH, 2 * LENGTH), INCIDENTS)
    incidents, factor = dict[int, int](), dict[int, float]()
    for number, start in enumerate(starts):
        of_all = random.choice(factors)
        for place in range(start, start + LENGTH):
            incidents[place], factor[place] = number, of_all
    values = [value(number, factor.get(number, 1.0)) for number in range(count)]
    return Series(window, counts, values, incidents)


def _poisson(random: Random, mean: float) -> int:
    """By D. Knuth's multiplication, for means that are not large."""
    least, product, count = exp(-mean), random.random(), 0
    while product > least:
        product, count = product * random.random(), count + 1
    return count
