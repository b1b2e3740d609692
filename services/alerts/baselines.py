"""What is usual, and how far a value is from it. Pure.

Seasonal: the median of earlier values, and as deviation Qn, the first quartile of the differences
between any two of them, times what makes it the standard deviation of normally distributed values
(P. Rousseeuw and C. Croux, "Alternatives to the Median Absolute Deviation", 1993). Up to half of
the values may be outliers.

Recent: the mean and the sample standard deviation, z = (x - mean) / s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, isfinite, sqrt
from statistics import fmean, median, stdev

LEAST_POINTS = 10
DEVIATIONS_OF_QUARTILE = 2.2219
# Of few values, as that paper has it: for an even and for an odd number of them.
FEW_EVEN, FEW_ODD = 3.8, 1.4
# The deviation of few values is itself uncertain, and more is unusual by chance.
UNCERTAINTY = 2.5
# Where values hardly ever differ, a small difference is not unusual yet.
LEAST_SPREAD = 0.05


@dataclass(frozen=True)
class Usual:
    """What is usual, and what a deviation from it is; more than zero."""

    center: float
    deviation: float

    def distance(self, value: float) -> float:
        """In deviations; negative below."""
        return (value - self.center) / self.deviation


def usual(seasonal: Sequence[float], recent: Sequence[float], *, counts: bool) -> Usual | None:
    """None if the values are too few, or all of them zero."""
    return _of_season(seasonal, counts) or _of_late(recent, counts)


def _of_season(values: Sequence[float], counts: bool) -> Usual | None:
    if len(values) < LEAST_POINTS:
        return None
    spread = spread_of(values) * (1 + UNCERTAINTY / len(values))
    return _spread_enough(values, median(values), spread, counts)


def spread_of(values: Sequence[float]) -> float:
    """Qn, of two values or more."""
    count = len(values)
    differences = sorted(abs(one - other) for one, other in combinations(values, 2))
    quartile = differences[comb(count // 2 + 1, 2) - 1]
    return (
        DEVIATIONS_OF_QUARTILE * quartile * count / (count + (FEW_ODD if count % 2 else FEW_EVEN))
    )


def _of_late(values: Sequence[float], counts: bool) -> Usual | None:
    if len(values) < LEAST_POINTS:
        return None
    return _spread_enough(values, fmean(values), stdev(values), counts)


def _spread_enough(
    values: Sequence[float], center: float, deviation: float, counts: bool
) -> Usual | None:
    enough = max(deviation, LEAST_SPREAD * abs(center))
    if counts and any(values):
        enough = max(enough, _by_chance(center))
    return Usual(center, enough) if enough > 0 and isfinite(enough) else None


def _by_chance(count: float) -> float:
    """What independent happenings vary by, of which there are so many on average (Poisson)."""
    return sqrt(max(count, 1.0))
