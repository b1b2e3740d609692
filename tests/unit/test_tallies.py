"""Tallies add up, in whatever portions and order runs came."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from services.warehouse.rollups.tallies import Counted, Tally, merged, size

Runs = list[tuple[str, int]]
"""The text and the start of each."""

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3)
RUNS = st.lists(st.tuples(TEXTS, st.integers(-(2**50), 2**50)), max_size=30)


def of(runs: Runs) -> bytes:
    """Packed as cells are: each run by itself, then merged."""
    return merged(single(*run) for run in runs).packed()


def single(text: str, start: int) -> bytes:
    numbers = b"".join(n.to_bytes(8, "big", signed=True) for n in (start, start))
    return b"".join([(1).to_bytes(4, "big"), (1).to_bytes(4, "big"), numbers, text.encode()])


def counted(runs: Runs) -> list[Counted]:
    starts = defaultdict(list)
    for text, start in runs:
        starts[text].append(start)
    found = [Counted(text, len(some), min(some), max(some)) for text, some in starts.items()]
    return sorted(found, key=lambda one: (-one.executions, one.text.encode()))


@given(st.lists(RUNS, max_size=4))
def test_portions_add_up(portions: list[Runs]) -> None:
    runs = [run for portion in portions for run in portion]
    tally = merged(of(portion) for portion in portions)
    assert tally.most(len(runs) + 1) == counted(runs)
    assert len(tally) == size(tally.packed()) == len(counted(runs))


@given(RUNS, st.randoms())
def test_the_order_of_runs_changes_no_byte(runs: Runs, random: "object") -> None:
    shuffled = list(runs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert of(runs) == of(shuffled)


@given(RUNS, st.integers(1, 5), st.integers(1, 3))
def test_the_most_frequent_come_first(runs: Runs, limit: int, at_least: int) -> None:
    enough = [one for one in counted(runs) if one.executions >= at_least]
    assert merged([of(runs)]).most(limit, at_least) == enough[:limit]


def test_nothing_is_nothing() -> None:
    nothing: Tally = merged([b"", b""])
    assert (nothing.packed(), nothing.most(10), size(b"")) == (b"", [], 0)
