"""What an arriving fact means beside the one that is stored. Pure; see contract, Execution."""

from collections.abc import Sequence

from services.warehouse.facts.model import (
    DUPLICATE,
    STORED,
    UPDATED,
    Event,
    Execution,
    MetricPoint,
    Outcome,
    Recorded,
    Status,
)

Fact = Execution | MetricPoint | Event

MAY_COME_LATE = ("user_rating", "cost_usd", "credits")
# What a run costs that follows from spans, follows from spans: the next one would take back what
# somebody else said.
MAY_COME_LATE_OF_TRACES = ("user_rating", "credits")


def merge_execution(
    stored: Execution | None, arriving: Execution, late: Sequence[str] = MAY_COME_LATE
) -> tuple[Recorded, Execution]:
    """What became of the arriving record, and what is to be stored after it.

    `late` may still be set or changed when the run has ended.
    """
    if stored is None:
        return STORED, arriving
    merged = _with_what_is_known(arriving, stored)
    if merged == stored or _is_overtaken(stored, arriving):
        return DUPLICATE, stored
    conflicting = _contradictions(stored, merged, late) if _is_finished(stored) else ()
    if conflicting:
        return Recorded(Outcome.CONFLICT, conflicting), stored
    return UPDATED, merged


def compare_point(stored: MetricPoint, arriving: MetricPoint) -> Recorded:
    return _same_or_conflict(_differing(stored, arriving))


def compare_event(stored: Event, arriving: Event) -> Recorded:
    return _same_or_conflict(_differing(stored, arriving))


def _with_what_is_known(arriving: Execution, stored: Execution) -> Execution:
    """Leaving out what may come late changes nothing."""
    missing = {
        name: getattr(stored, name) for name in MAY_COME_LATE if getattr(arriving, name) is None
    }
    return arriving._replace(**missing)


def _is_overtaken(stored: Execution, arriving: Execution) -> bool:
    """A record of the run's beginning, or a retry of it, that comes after its end."""
    return _is_finished(stored) and not _is_finished(arriving)


def _is_finished(execution: Execution) -> bool:
    return execution.status is not Status.RUNNING


def _contradictions(stored: Execution, arriving: Execution, late: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in _differing(stored, arriving) if name not in late)


def _differing(stored: Fact, arriving: Fact) -> tuple[str, ...]:
    return tuple(
        name
        for name, before, now in zip(stored._fields, stored, arriving, strict=True)
        if before != now
    )


def _same_or_conflict(differing: tuple[str, ...]) -> Recorded:
    return Recorded(Outcome.CONFLICT, differing) if differing else DUPLICATE
