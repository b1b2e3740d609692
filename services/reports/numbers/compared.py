"""Metrics of a period beside those of the period of equal length before."""

from collections.abc import Sequence
from dataclasses import replace

from services.reports.document import Figure, Number
from services.reports.numbers.mesh import Questions
from services.reports.numbers.values import change, figure, number

NO_BASELINE = (
    "There is nothing to compare with: no run started in the period of equal length before."
)


async def values(
    questions: Questions, names: Sequence[str], *, before: bool = False
) -> dict[str, Number]:
    """Of one period, by name; what is not known is not in it."""
    asked = questions.asked
    interval = asked.interval_before if before else asked.interval
    series = await questions.metrics(names, interval)
    return {one.metric: number(one.points[0].value) for one in series if one.points}


async def compared(questions: Questions, names: Sequence[str]) -> list[Figure]:
    """With what was before, unless nothing ran then."""
    now = await values(questions, names)
    others = [name for name in names if name != "executions"]
    then = await values(questions, ["executions", *others], before=True)
    figures = [
        figure(name, now.get(name), then.get(name), change(now.get(name), then.get(name)))
        for name in names
    ]
    return figures if then.get("executions") else without_baseline(figures)


def without_baseline(figures: Sequence[Figure]) -> list[Figure]:
    """Counts of nothing are zero, and no baseline."""
    return [replace(one, previous=None, change=None) for one in figures]


def text_about(figures: Sequence[Figure]) -> str:
    """Says so if there is no baseline."""
    return "" if any(one.previous is not None for one in figures) else NO_BASELINE
