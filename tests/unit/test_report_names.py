"""Who shares a name with somebody else is told apart, and keeps his numbers."""

import pytest

from services.reports.document import Series
from services.reports.numbers.groups import Bar, told_apart


@pytest.mark.parametrize(
    ("bars", "names"),
    [
        ([("assistant", "a"), ("assistant", "b")], ["assistant (a)", "assistant (b)"]),
        ([("assistant", "a"), ("other", "b")], ["assistant", "other"]),
        ([("b", "a"), ("b", "b")], ["b (a)", "b"]),
        ([("unknown", "not reported"), ("unknown",) * 2], ["unknown (not reported)", "unknown"]),
        (
            [("x", "a"), ("x", "b"), ("x (a)", "c")],
            ["1. x (a)", "2. x (b)", "3. x (a)"],
        ),
    ],
)
def test_names_are_told_apart(bars: list[tuple[str, str]], names: list[str]) -> None:
    assert told_apart([Bar(*one, 1) for one in bars]) == names


def test_two_points_at_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="two points of Runs are at one place"):
        Series("Runs", (("assistant", 100), ("assistant", 40)))
