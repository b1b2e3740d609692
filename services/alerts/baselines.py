"""What is usual, and how far a value is from it. Pure.

Seasonal: the median of earlier values, and as deviation 1.4826 times their median absolute
deviation from it, which for normally distributed values is the standard deviation (B. Iglewicz and
D. Hoaglin, "How to Detect and Handle Outliers", 1993). Up to half of the values may be outliers.

Recent: the mean and the sample standard deviation, z = (x - mean) / s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean, median, stdev

LEAST_POINTS = 10
DEVIATIONS_OF_MEDIAN = 1.4826
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


def usual(seasonal: Sequence[float], recent: Sequence[float]) -> Usual | None:
    """None if the values are too few, or all of them zero."""
    return _of_season(seasonal) or _of_late(recent)


def _of_season(values: Sequence[float]) -> Usual | None:
    if len(values) < LEAST_POINTS:
        return None
    center = median(values)
    spread = median(abs(value - center) for value in values)
    return _spread_enough(center, DEVIATIONS_OF_MEDIAN * spread)


def _of_late(values: Sequence[float]) -> Usual | None:
    if len(values) < LEAST_POINTS:
        return None
    return _spread_enough(fmean(values), stdev(values))


def _spread_enough(center: float, deviation: float) -> Usual | None:
    enough = max(deviation, LEAST_SPREAD * abs(center))
    return Usual(center, enough) if enough > 0 and isfinite(enough) else None
