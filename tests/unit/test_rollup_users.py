"""Different users: exact as far as is promised, near beyond, and the same however they came."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.warehouse.rollups.users import HASH, HEAD_BYTES, count, count_of_head, merge

# The relative standard error that is promised beyond.
STANDARD_ERROR = 0.016
HASHES = st.integers(-(2**63), 2**63 - 1)
# With so few that many come twice.
SOME = st.lists(HASHES | st.integers(0, 20), max_size=60)


def as_sent(hashes: list[int]) -> bytes:
    return np.array(hashes, HASH).tobytes()


def different(number: int, seed: int) -> list[int]:
    random = Random(seed)
    found: set[int] = set()
    while len(found) < number:
        found.add(random.randrange(-(2**63), 2**63))
    return sorted(found)


def overlapping(hashes: list[int], random: Random) -> list[list[int]]:
    """All of them in any order, some of them in several portions."""
    portions: list[list[int]] = [[] for _ in range(random.randint(1, 5))]
    for one in [*hashes, *random.sample(hashes, len(hashes) // 4)]:
        random.choice(portions).append(one)
    return [random.sample(portion, len(portion)) for portion in portions]


def merged(sketches: list[bytes], random: Random) -> bytes:
    """Two and more at a time, until one is left."""
    while len(sketches) > 1:
        random.shuffle(sketches)
        some = random.randint(2, len(sketches))
        sketches = [merge(sketches[:some]), *sketches[some:]]
    return sketches[0]


def check_portions(hashes: list[int], random: Random) -> None:
    whole = merge((), as_sent(hashes))
    sketches = [merge((), as_sent(portion)) for portion in overlapping(hashes, random)]
    assert merge(sketches) == merged(list(sketches), random) == whole
    loose, *portions = overlapping(hashes, random)
    others = [merge((), as_sent(portion)) for portion in portions]
    assert merge(others, as_sent(loose)) == whole
    assert count(others, as_sent(loose)) == count(sketches) == count([whole])


@given(SOME, st.randoms())
def test_few_users_are_counted_exactly(hashes: list[int], random: Random) -> None:
    check_portions(hashes, random)
    assert count([merge((), as_sent(hashes))]) == len(set(hashes))


@pytest.mark.parametrize("number", [4_095, 4_096])
def test_as_many_as_are_promised_are_counted_exactly(number: int) -> None:
    hashes = different(number, seed=number)
    check_portions(hashes, Random(number))
    assert count([], as_sent(hashes)) == number


@pytest.mark.parametrize("number", [4_097, 20_000, 60_000, 200_000])
def test_more_are_counted_nearly(number: int) -> None:
    hashes = different(number, seed=number)
    check_portions(hashes, Random(number))
    assert count([], as_sent(hashes)) == pytest.approx(number, rel=3 * STANDARD_ERROR)


def test_the_error_is_the_one_that_is_promised() -> None:
    """Over many sets of users, so that neither a worse nor a luckier sketch passes."""
    counts = [count([], as_sent(different(10_000, seed))) for seed in range(40)]
    errors = np.array(counts) / 10_000 - 1
    assert 0.5 * STANDARD_ERROR < np.std(errors) < 1.3 * STANDARD_ERROR
    assert abs(np.mean(errors)) < STANDARD_ERROR / 2


def test_more_users_never_count_less() -> None:
    """Those of a day are not more than those of its month."""
    hashes = different(12_000, seed=1)
    counts = [count([], as_sent(hashes[:number])) for number in range(3_900, 12_000, 100)]
    assert counts == sorted(counts)


@given(SOME)
def test_the_head_of_a_sketch_tells_its_count(hashes: list[int]) -> None:
    sketch = merge((), as_sent(hashes))
    assert count_of_head(sketch[:HEAD_BYTES]) == count([sketch]) == len(set(hashes))


@pytest.mark.parametrize("number", [4_096, 4_097, 20_000, 60_000])
def test_the_head_of_a_full_sketch_tells_its_count(number: int) -> None:
    sketch = merge((), as_sent(different(number, seed=number)))
    assert count_of_head(sketch[:HEAD_BYTES]) == count([sketch])


def test_nobody_is_nobody() -> None:
    assert count([]) == 0
    assert count([merge((), b""), merge([])]) == 0
