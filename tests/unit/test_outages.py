"""Outages of parts of a time make those of the whole, wherever it is cut."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.warehouse.rollups.outages import Outages, joined

Run = tuple[datetime, bool]
"""Its start, and whether it failed."""

START = datetime(2026, 1, 1, tzinfo=UTC)
# Many at one instant.
RUNS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=12)
CUTS = st.sets(st.integers(1, 11), max_size=5)


def placed(numbers: list[tuple[int, bool]]) -> list[Run]:
    return [(START + timedelta(seconds=at), fails) for at, fails in sorted(numbers)]


def of_one(run: Run) -> Outages:
    start, fails = run
    return Outages(start, start, fails, not fails, start if fails else None, 0, 0)


def of(runs: list[Run]) -> Outages:
    """One run after the other, from the words of the contract."""
    began, lengths = None, []
    for start, fails in runs:
        if fails:
            began = began or start
        elif began:
            lengths.append((start - began) // timedelta(microseconds=1))
            began = None
    return Outages(
        first_decided_at=runs[0][0],
        last_decided_at=runs[-1][0],
        begins_failing=runs[0][1],
        has_succeeded=not all(fails for _, fails in runs),
        failing_since=began,
        ended=len(lengths),
        outage_us=sum(lengths),
    )


@given(RUNS, CUTS)
def test_wherever_it_is_cut(numbers: list[tuple[int, bool]], cuts: set[int]) -> None:
    runs = placed(numbers)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(runs)), len(runs)]
    parts = [of(runs[start:end]) for start, end in pairwise(bounds)]
    assert joined(parts) == of(runs)


@given(RUNS)
def test_run_by_run(numbers: list[tuple[int, bool]]) -> None:
    runs = placed(numbers)
    assert joined(of_one(run) for run in runs) == of(runs)


@given(RUNS, st.integers(0, 3))
def test_parts_without_runs_change_nothing(numbers: list[tuple[int, bool]], place: int) -> None:
    parts: list[Outages | None] = [of_one(run) for run in placed(numbers)]
    assert joined([*parts[:place], None, *parts[place:]]) == joined(parts)


def test_nothing_is_nothing() -> None:
    assert joined([None, None]) is None
