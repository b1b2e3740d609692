"""Durations in bins: near the truth, and the same however they came together."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.warehouse.rollups.durations import (
    DURATION,
    GAMMA,
    Distribution,
    Distributions,
    bins_of,
    values_of,
)
from tests.support import exactness, oracle

LONGEST = 2**62
# Of every order of magnitude, and where one bin ends and the next begins.
MAGNITUDES = st.integers(0, 62).flatmap(lambda bits: st.integers(0, 2**bits))
EDGES = st.builds(
    lambda number, off: min(max(int(GAMMA**number) + off, 0), LONGEST),
    st.integers(0, 2_140),
    st.integers(-1, 1),
)
DURATIONS = st.lists(MAGNITUDES | EDGES, min_size=1, max_size=40)
PERCENTS = (0, 50, 75, 90, 95, 99, 99.9, 100)


def as_sent(durations: Sequence[int]) -> bytes:
    return np.array(durations, DURATION).tobytes()


def packed(portions: Sequence[bytes], durations: Sequence[int] = ()) -> bytes:
    """Cells and runs as one cell."""
    [one] = Distributions([Distribution(portions, as_sent(durations))]).packed()
    return one


def portions_of(durations: Sequence[int], random: Random) -> list[list[int]]:
    """In any order, some of them empty."""
    portions: list[list[int]] = [[] for _ in range(random.randint(1, 5))]
    for duration in random.sample(durations, len(durations)):
        random.choice(portions).append(duration)
    return portions


def merged(cells: list[bytes], random: Random) -> bytes:
    """Two and more at a time, until one is left."""
    while len(cells) > 1:
        random.shuffle(cells)
        some = random.randint(2, len(cells))
        cells = [packed(cells[:some]), *cells[some:]]
    return cells[0]


def percentiles(group: Distribution) -> list[float]:
    distributions = Distributions([group])
    return [float(distributions.percentile(percent / 100)[0]) for percent in PERCENTS]


@given(DURATIONS, st.randoms())
def test_percentiles_are_near(durations: list[int], random: Random) -> None:
    """Some of the runs from cells, the others themselves."""
    loose, *portions = portions_of(durations, random)
    cells = [packed([], portion) for portion in portions]
    group = Distribution(cells, as_sent(loose), min(durations), max(durations))
    seconds = [duration / 10**6 for duration in durations]
    for percent, found in zip(PERCENTS, percentiles(group), strict=True):
        assert found == exactness.near(oracle.percentile(seconds, percent))


@given(DURATIONS, st.randoms())
def test_cells_are_the_same_however_they_came_together(
    durations: list[int], random: Random
) -> None:
    cells = [packed([], portion) for portion in portions_of(durations, random)]
    whole = packed([], durations)
    assert merged(cells, random) == packed(cells) == whole
    loose, *portions = portions_of(durations, random)
    assert packed([packed([], portion) for portion in portions], loose) == whole


@given(st.lists(DURATIONS, max_size=5), st.randoms())
def test_groups_do_not_mix(many: list[list[int]], random: Random) -> None:
    groups = []
    for durations in many:
        loose, *portions = portions_of(durations, random)
        cells = [packed([], portion) for portion in portions]
        groups.append(Distribution(cells, as_sent(loose), min(durations), max(durations)))
    together = Distributions(groups)
    assert together.packed() == [packed([], durations) for durations in many]
    for percent in PERCENTS:
        alone = [Distributions([one]).percentile(percent / 100)[0] for one in groups]
        assert together.percentile(percent / 100).tolist() == alone


def test_nothing_is_no_bytes() -> None:
    assert Distributions([Distribution(())]).packed() == [b""]
    assert Distributions([]).packed() == []


@given(st.lists(MAGNITUDES | EDGES, min_size=1))
def test_a_bin_stands_for_what_is_in_it(durations: list[int]) -> None:
    """Longer durations are in no earlier bins."""
    bins = bins_of(np.array(sorted(durations)))
    assert np.all(np.diff(bins) >= 0)
    for duration, value in zip(sorted(durations), values_of(bins), strict=True):
        assert value == exactness.near(duration)


def test_so_many_of_one_duration_are_refused() -> None:
    """A cell counts them in 32 bits."""
    one = packed([], [7])
    most = one[:2] + (2**32 - 1).to_bytes(4, "little")
    assert packed([most]) == most
    with pytest.raises(OverflowError):
        packed([most, one])
