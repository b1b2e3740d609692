"""What a fine cell keeps of its runs, and what it keeps when some come and others go.

Pure, and exact: where the runs that go do not tell what is left, nobody guesses.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import mul
from typing import Any, NamedTuple

from services.warehouse.facts.model import Execution
from services.warehouse.rollups.spans import MICROSECOND

Number = int | Decimal
Bound = Callable[..., Any]
"""min or max."""


class UntoldError(Exception):
    """What is left of a cell does not follow from what it was and what goes."""


class Numbers(NamedTuple):
    """Known values of a field; without any, there is nothing but their count."""

    known: int = 0
    sum: Number | None = None
    squares: Number | None = None
    min: Number | None = None
    max: Number | None = None


# Columns of runs whose values cells keep; durations and total tokens follow from two. Ratings are
# not among them: cells count each grade, which tells the rest.
VALUES: Mapping[str, str] = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "cost": "cost_usd",
    "credits": "credits",
    "tool_calls": "tool_calls",
}
FIELDS = (*VALUES, "duration", "total_tokens")
IDS = {"user": "user_id", "model": "model", "conversation": "conversation_id"}
GRADES = range(1, 6)


@dataclass(frozen=True)
class Condensed:
    """All that cells keep of runs but for the distribution of durations and the users."""

    executions: int = 0
    numbers: Mapping[str, Numbers] = field(default_factory=lambda: dict.fromkeys(FIELDS, Numbers()))
    grades: tuple[int, ...] = (0,) * len(GRADES)
    ids: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(IDS, 0))
    last_started_at: datetime | None = None

    @property
    def ratings(self) -> Numbers:
        given = [(grade, n) for grade, n in zip(GRADES, self.grades, strict=True) if n]
        if not given:
            return Numbers()
        squares = sum(grade * grade * n for grade, n in given)
        total = sum(grade * n for grade, n in given)
        return Numbers(sum(self.grades), total, squares, given[0][0], given[-1][0])


def condense(runs: Sequence[Execution]) -> Condensed:
    if not runs:
        return Condensed()
    columns = dict(zip(Execution._fields, zip(*runs, strict=True), strict=True))
    ratings = columns["user_rating"]
    return Condensed(
        executions=len(runs),
        numbers=dict(_numbers_of(runs, columns)),
        grades=tuple(ratings.count(grade) for grade in GRADES),
        ids={name: len(runs) - columns[column].count(None) for name, column in IDS.items()},
        last_started_at=max(columns["started_at"]),
    )


def _numbers_of(
    runs: Sequence[Execution], columns: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[str, Numbers]]:
    for name, column in VALUES.items():
        yield name, numbers_of([value for value in columns[column] if value is not None])
    yield "duration", numbers_of(durations_of(runs))
    tokens = zip(columns["input_tokens"], columns["output_tokens"], strict=True)
    yield "total_tokens", numbers_of([a + b for a, b in tokens if None not in (a, b)])


def durations_of(runs: Iterable[Execution]) -> list[int]:
    """Those that are known, in microseconds."""
    return [(run.ended_at - run.started_at) // MICROSECOND for run in runs if run.ended_at]


def numbers_of(values: Sequence[Number]) -> Numbers:
    if not values:
        return Numbers()
    squares = sum(map(mul, values, values))
    return Numbers(len(values), sum(values), squares, min(values), max(values))


def changed(old: Condensed, added: Condensed, gone: Condensed) -> Condensed:
    """Raises UntoldError."""
    left = old.executions - gone.executions
    three = (old, added, gone)
    return Condensed(
        executions=_count(one.executions for one in three),
        numbers={name: _numbers(*(one.numbers[name] for one in three)) for name in FIELDS},
        grades=tuple(_count(of_grade) for of_grade in zip(*(c.grades for c in three), strict=True)),
        ids={name: _count(one.ids[name] for one in three) for name in IDS},
        last_started_at=_bound(max, left, *(one.last_started_at for one in three)),
    )


def _numbers(old: Numbers, added: Numbers, gone: Numbers) -> Numbers:
    if not added.known and not gone.known:
        return old
    left = old.known - gone.known
    if not left:
        return added
    return Numbers(
        _count((old.known, added.known, gone.known)),
        _total(old.sum, added.sum, gone.sum),
        _total(old.squares, added.squares, gone.squares),
        _bound(min, left, old.min, added.min, gone.min),
        _bound(max, left, old.max, added.max, gone.max),
    )


def _count(three: Iterable[int]) -> int:
    old, added, gone = three
    if gone > old:
        raise UntoldError("more goes than there was")
    return old + added - gone


def _total(old: Number | None, added: Number | None, gone: Number | None) -> Number:
    return (old or 0) + (added or 0) - (gone or 0)


def _bound(bound: Bound, left: int, old: Any, added: Any, gone: Any) -> Any:
    """The least or greatest of what is left and what is added."""
    if left <= 0:
        return added
    is_uncertain = gone is not None and bound(gone, old) == gone
    if added is not None and (not is_uncertain or bound(added, old) == added):
        return bound(old, added)
    if is_uncertain:
        raise UntoldError("the bound goes, and nobody knows the next")
    return old
