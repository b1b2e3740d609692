"""What is usual, beside a second reading of the same definitions."""

from collections.abc import Sequence
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.baselines import usual

WHOLE = st.integers(-1000, 1000).map(float)


def middle(values: Sequence[float]) -> Fraction:
    """The median, by counting in exact numbers how many are not above and not below."""
    exact = sorted(map(Fraction, values))
    low = next(v for v in exact if 2 * sum(other <= v for other in exact) >= len(exact))
    high = next(v for v in reversed(exact) if 2 * sum(other >= v for other in exact) >= len(exact))
    return (low + high) / 2


def quartile(values: Sequence[float]) -> float:
    """The least distance within which at least a quarter of the pairs are, or a little more."""
    half = len(values) // 2 + 1
    asked = half * (half - 1) // 2
    apart = [abs(a - b) for number, a in enumerate(values) for b in values[:number]]
    return min(one for one in apart if sum(other <= one for other in apart) >= asked)


@given(st.lists(WHOLE, min_size=10, max_size=40), st.booleans())
def test_the_seasonal_baseline_is_median_and_qn(values: list[float], counts: bool) -> None:
    center, size = middle(values), len(values)
    of_few = size / (size + (1.4 if size % 2 else 3.8)) * (1 + 2.5 / size)
    expected = max(2.2219 * of_few * quartile(values), 0.05 * abs(float(center)))
    if counts and set(values) != {0}:
        expected = max(expected, max(float(center), 1) ** 0.5)
    found = usual(values, [], counts=counts)
    if expected == 0:
        assert found is None
    else:
        assert found is not None
        assert (found.center, found.deviation) == pytest.approx((float(center), expected))


@given(st.lists(WHOLE, max_size=9), st.lists(WHOLE, max_size=40))
def test_with_few_weeks_it_is_the_z_score_of_late(few: list[float], late: list[float]) -> None:
    found = usual(few, late, counts=False)
    if len(late) < 10:
        assert found is None
        return
    mean = sum(map(Fraction, late)) / len(late)
    variance = sum((Fraction(v) - mean) ** 2 for v in late) / (len(late) - 1)
    expected = max(float(variance) ** 0.5, 0.05 * abs(float(mean)))
    if expected == 0:
        assert found is None
    else:
        assert found is not None
        assert found.distance(7) == pytest.approx((7 - float(mean)) / expected)


@given(st.lists(WHOLE, min_size=24, max_size=24), st.integers(1, 11), WHOLE)
def test_a_minority_of_outliers_does_not_move_the_baseline_out_of_the_others(
    values: list[float], count: int, by: float
) -> None:
    """Unlike mean and deviation, which one outlier moves as far as it likes."""
    spoiled = [*values[count:], *(1e9 + by for _ in range(count))]
    found = usual(spoiled, [], counts=False)
    if found is not None:
        assert min(values[count:]) <= found.center <= max(values[count:])


@pytest.mark.parametrize("size", [10, 15, 24])
def test_of_normal_values_as_many_are_unusual_as_their_deviation_says(size: int) -> None:
    """2.5 deviations: 1.24 %, and not much more although few values are known."""
    random, times = Random(size), 4000
    unusual = 0
    for _ in range(times):
        known = usual([random.gauss(50, 8) for _ in range(size)], [], counts=False)
        assert known is not None
        unusual += abs(known.distance(random.gauss(50, 8))) > 2.5
    assert 0.008 < unusual / times < 0.03
