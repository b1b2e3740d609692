"""What plans promise, whatever is asked, whatever is rolled up."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.warehouse.rollups.levels import KEYS, SORTS, Level, Rolled, Sort
from services.warehouse.rollups.planning import Plan, Wanted, plan
from services.warehouse.rollups.spans import Spans, spans_of, to_microseconds

MONDAY = to_microseconds(datetime(2026, 3, 2, tzinfo=UTC))
# What is asked about lies in so much time from then on.
WEEKS = 3


def some_time(random: Random) -> int:
    """A number of weeks, a number of days, and so on, down to somewhere."""
    time = MONDAY + random.randint(0, WEEKS) * Level.WEEK.length
    for level, most in ((Level.DAY, 6), (Level.HOUR, 23), (Level.SLOT, 11)):
        time += random.choice([0, 0, 1, most]) * level.length
    return time + random.choice([0, 0, 1, Level.SLOT.length - 1])


def some_spans(random: Random, most: int) -> Spans:
    ends = [sorted([some_time(random), some_time(random)]) for _ in range(random.randint(1, most))]
    return spans_of((start, end) for start, end in ends)


def some_question(random: Random) -> Wanted:
    return Wanted(
        times=some_spans(random, 3),
        keys=frozenset(random.sample(KEYS, random.choice([0, 0, 1, 2]))),
        bounds=[some_time(random) for _ in range(random.randint(0, 4))],
        longest=random.choice([*Level, Level.WEEK, Level.WEEK]),
        apart=frozenset(random.sample(KEYS, random.randint(0, len(KEYS)))),
    )


def some_rolled(random: Random) -> Rolled:
    """Of some sorts everything, of some a part, of others nothing."""
    everything = Spans(((MONDAY, MONDAY + (WEEKS + 1) * Level.WEEK.length),))
    choices = {sort: random.choice([Spans(), everything, some_spans(random, 2)]) for sort in SORTS}
    return {sort: sort.level.around(spans) for sort, spans in choices.items()}


# Drawn from one number, since so many parts would take hypothesis long.
randoms = st.integers(0, 2**64).map(Random)
wanted, rolled = randoms.map(some_question), randoms.map(some_rolled)


def is_allowed(sort: Sort, asked: Wanted) -> bool:
    return (
        asked.keys is not None
        and asked.keys <= set(sort.cuboid.keys)
        and sort.level.length <= asked.longest.length
    )


def crossed(sort: Sort, bounds: Any) -> Spans:
    """The cells that have a bound inside."""
    length = sort.level.length
    starts = [bound - (bound - MONDAY) % length for bound in bounds if (bound - MONDAY) % length]
    return spans_of((start, start + length) for start in starts)


def is_made_of_cells(spans: Spans, sort: Sort) -> bool:
    return not any((bound - MONDAY) % sort.level.length for span in spans for bound in span)


def made(asked: Wanted, rolled: Rolled) -> list[tuple[Sort | None, Spans]]:
    """The parts of a plan, and the facts, which are of no sort."""
    found: Plan = plan(asked, rolled)
    return [*((part.sort, part.times) for part in found.parts), (None, found.facts)]


@settings(max_examples=300)
@given(wanted, rolled)
def test_a_plan_has_every_time_once(asked: Wanted, rolled: Rolled) -> None:
    seen = Spans()
    for _, part in made(asked, rolled):
        assert not part & seen
        seen = seen | part
    assert seen == asked.times


@settings(max_examples=300)
@given(wanted, rolled)
def test_cells_may_be_used_as_a_whole_where_they_agree(asked: Wanted, rolled: Rolled) -> None:
    for sort, part in made(asked, rolled):
        if sort is not None:
            assert part
            assert is_allowed(sort, asked)
            assert is_made_of_cells(part, sort)
            assert not part - rolled[sort]
            assert not part & crossed(sort, asked.bounds)


@settings(max_examples=300)
@given(wanted, rolled)
def test_no_cell_that_could_be_used_is_answered_by_lesser_ones(
    asked: Wanted, rolled: Rolled
) -> None:
    """A week is not answered by its days, nor by its runs."""
    answered = made(asked, rolled)
    for place, sort in enumerate(SORTS):
        if is_allowed(sort, asked):
            usable = rolled.get(sort, Spans()) & sort.level.within(asked.times)
            usable = usable - crossed(sort, asked.bounds)
            lesser = [spans for of, spans in answered if of is None or of in SORTS[:place]]
            assert not any(usable & spans for spans in lesser)


def buckets(asked: Wanted) -> set[tuple[int, int]]:
    """What lies between two bounds, as far as it is asked about."""
    [(first, last)] = asked.times.hull
    return set(pairwise(sorted({first, last, *(b for b in asked.bounds if first < b < last)})))


@settings(max_examples=300)
@given(wanted.filter(lambda asked: bool(asked.times)), rolled)
def test_cells_are_alone_that_are_all_of_a_bucket_and_of_one_group(
    asked: Wanted, rolled: Rolled
) -> None:
    for part in plan(asked, rolled).parts:
        is_of_one_group = set(part.sort.cuboid.keys) <= asked.apart
        length = part.sort.level.length
        for start in part.sort.level.starts(part.times):
            is_all = (start, start + length) in buckets(asked)
            assert part.are_alone == (is_all and is_of_one_group)


def test_a_question_of_two_weeks_and_some_minutes() -> None:
    """The week that a bound cuts in two is answered by days, that day by its quarters, that quarter
    by hours, that hour by facts."""
    week, day, hour = Level.WEEK.length, Level.DAY.length, Level.HOUR.length
    everything = Spans(((MONDAY - week, MONDAY + 9 * week),))
    whole = {sort: everything for sort in SORTS if sort.level is not Level.SLOT}
    bound = MONDAY + week + 2 * day + 5 * hour + 1
    asked = Wanted(Spans(((MONDAY - 7, MONDAY + 2 * week),)), frozenset(), [bound])
    *cells, (_, facts) = made(asked, whole)
    assert [sort and sort.cuboid.keys for sort, _ in cells] == [()] * 4
    assert [(sort and sort.level, spans.length) for sort, spans in cells] == [
        (Level.WEEK, week),
        (Level.DAY, 6 * day),
        (Level.QUARTER_DAY, 18 * hour),
        (Level.HOUR, 5 * hour),
    ]
    assert cells[0][1] == Spans(((MONDAY, MONDAY + week),))
    assert facts == Spans(((MONDAY - 7, MONDAY), (bound - 1, bound - 1 + hour)))


def test_nothing_but_facts_answers_what_cells_do_not_tell() -> None:
    everything = dict.fromkeys(SORTS, Spans().complement())
    asked = Wanted(Spans(((MONDAY, MONDAY + Level.WEEK.length),)), None)
    assert plan(asked, everything) == Plan((), asked.times)
