"""Sets of times against sets of numbers, and levels against calendars and single cells."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.warehouse.rollups.levels import SORTS, Level
from services.warehouse.rollups.spans import (
    Span,
    Spans,
    between,
    spans_of,
    to_microseconds,
    to_time,
)

SMALL = st.integers(-15, 25)
SOME = st.lists(st.tuples(SMALL, SMALL), max_size=8)
MONDAY = to_microseconds(datetime(2026, 3, 2, tzinfo=UTC))


def numbers(spans: Iterable[Span]) -> set[int]:
    return {time for start, end in spans for time in range(start, end)}


def is_canonical(spans: Spans) -> bool:
    ordered = all(end < start for (_, end), (start, _) in pairwise(spans))
    return ordered and all(start < end for start, end in spans)


@given(ones=SOME, others=SOME)
def test_spans_are_sets(ones: list[Span], others: list[Span]) -> None:
    a, b, left, right = spans_of(ones), spans_of(others), numbers(ones), numbers(others)
    for found, expected in (
        (a, left),
        (a | b, left | right),
        (a & b, left & right),
        (a - b, left - right),
        (b - a, right - left),
        (Spans(((-15, 25),)) & a.complement(), set(range(-15, 25)) - left),
    ):
        assert numbers(found) == expected
        assert is_canonical(found)
        assert found.length == len(expected)
        assert bool(found) == bool(expected)
    assert (a == b) == (left == right)


@given(ones=SOME)
def test_nothing_is_neither_in_a_set_nor_in_its_complement(ones: list[Span]) -> None:
    spans = spans_of(ones)
    assert not spans & spans.complement()
    assert spans | spans.complement() == Spans().complement()
    assert spans.complement().complement() == spans


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)))  # noqa: DTZ001 - is given a zone
def test_times_are_kept_to_the_microsecond(moment: datetime) -> None:
    time = moment.replace(tzinfo=UTC)
    assert to_time(to_microseconds(time)) == time
    [span] = between(time, time + timedelta(microseconds=3))
    assert span == (to_microseconds(time), to_microseconds(time) + 3)


@pytest.mark.parametrize(
    ("level", "start", "end"),
    [
        (Level.SLOT, "2026-03-04T13:35", "2026-03-04T13:40"),
        (Level.HOUR, "2026-03-04T13:00", "2026-03-04T14:00"),
        (Level.DAY, "2026-03-04T00:00", "2026-03-05T00:00"),
        (Level.WEEK, "2026-03-02T00:00", "2026-03-09T00:00"),
    ],
)
def test_cells_are_those_of_the_calendar(level: Level, start: str, end: str) -> None:
    time = to_microseconds(datetime(2026, 3, 4, 13, 37, 12, 5, UTC))
    first, last = (to_microseconds(datetime.fromisoformat(t + "Z")) for t in (start, end))
    assert (level.floor(time), level.ceil(time)) == (first, last)
    assert (level.floor(first), level.ceil(first)) == (first, first)
    assert level.containing([time]) == Spans(((first, last),))


def test_every_level_is_a_whole_number_of_the_one_before() -> None:
    for shorter, longer in pairwise(Level):
        assert longer.length > shorter.length
        assert longer.length % shorter.length == 0
        assert longer.floor(MONDAY) == shorter.floor(MONDAY) == MONDAY


def test_sorts_come_after_all_that_they_can_be_made_of() -> None:
    for one, other in product(SORTS, SORTS):
        is_made_of = set(other.cuboid.keys) >= set(one.cuboid.keys)
        if one != other and is_made_of and one.level.length >= other.level.length:
            assert SORTS.index(one) > SORTS.index(other)


@st.composite
def spans_and_times(draw: Any) -> tuple[Level, Spans, list[int]]:
    """Near starts of cells, before and after 1970."""
    level = draw(st.sampled_from(Level))
    first = level.floor(draw(st.sampled_from([MONDAY, 0, -MONDAY])))
    quarters = st.integers(0, 32).map(lambda number: first + number * level.length // 4)
    times = st.builds(lambda time, off: time + off, quarters, st.integers(-1, 1))
    spans = spans_of(draw(st.lists(st.tuples(times, times), max_size=5)))
    return level, spans, draw(st.lists(times, max_size=5))


def cells(level: Level, spans: Spans, times: list[int]) -> list[Span]:
    """All that any of them could touch, one by one."""
    known = [*times, *(bound for span in spans for bound in span)]
    if not known:
        return []
    first = level.floor(min(known)) - level.length
    last = level.ceil(max(known)) + level.length
    return [(start, start + level.length) for start in range(first, last, level.length)]


@given(spans_and_times())
def test_cells_of_spans_and_times(drawn: tuple[Level, Spans, list[int]]) -> None:
    level, spans, times = drawn
    every = cells(*drawn)

    def is_within(cell: Span) -> bool:
        return any(start <= cell[0] and cell[1] <= end for start, end in spans)

    def is_touched(cell: Span) -> bool:
        return any(start < cell[1] and cell[0] < end for start, end in spans)

    assert level.within(spans) == spans_of(filter(is_within, every))
    assert level.around(spans) == spans_of(filter(is_touched, every))
    assert level.starts(level.around(spans)) == [c[0] for c in every if is_touched(c)]
    holding = [c for c in every if any(c[0] <= time < c[1] for time in times)]
    assert level.containing(times) == spans_of(holding)
    cut = [c for c in every if any(c[0] < time < c[1] for time in times)]
    assert level.inside_of(sorted(times)) == spans_of(cut)
