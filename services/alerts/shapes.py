"""Whether successive values make a shape. Pure."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from types import MappingProxyType

from services.alerts.rule import Shape

LEAST_POINTS = 3
GROWTH = 1.5
TIMES_THE_MEAN = 2


def makes(shape: Shape, values: Sequence[float]) -> bool | None:
    """None if the values are too few to say."""
    return _SHAPES[shape](values) if len(values) >= LEAST_POINTS else None


def _grows(values: Sequence[float]) -> bool:
    first, last = values[0], values[-1]
    is_rising = all(later >= earlier for earlier, later in pairwise(values))
    return is_rising and last > first and last >= GROWTH * first


def _spikes(values: Sequence[float]) -> bool:
    mean = fmean(values[:-1])
    return mean > 0 and values[-1] > TIMES_THE_MEAN * mean


def _is_flat(values: Sequence[float]) -> bool:
    return min(values) == max(values)


_SHAPES: Mapping[Shape, Callable[[Sequence[float]], bool]] = MappingProxyType(
    {
        Shape.INCREASING_ERRORS: _grows,
        Shape.DECREASING_PERFORMANCE: _grows,
        Shape.SPIKE: _spikes,
        Shape.FLAT_LINE: _is_flat,
    }
)
