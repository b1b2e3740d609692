"""What rules say, in the words of the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from services.warehouse.queries.labels import Label
from services.warehouse.queries.measures import Measure
from services.warehouse.queries.selection import Filter
from services.warehouse.queries.sources import Source


class Comparator(Enum):
    """How a value stands to a threshold."""

    ABOVE = "above"
    BELOW = "below"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"


class Direction(Enum):
    """Which way a value has gone."""

    RISE = "rise"
    FALL = "fall"
    EITHER = "either"


class Shape(Enum):
    """What values of successive windows make."""

    INCREASING_ERRORS = "increasing_errors"
    DECREASING_PERFORMANCE = "decreasing_performance"
    SPIKE = "spike"
    FLAT_LINE = "flat_line"


@dataclass(frozen=True)
class Threshold:
    """The value stands so to a threshold."""

    comparator: Comparator
    threshold: float


@dataclass(frozen=True)
class Change:
    """The value differs from an earlier one by an amount: per cent of that, or absolute."""

    reference: timedelta
    direction: Direction
    amount: float
    is_percent: bool


@dataclass(frozen=True)
class Absence:
    """There is nothing."""


@dataclass(frozen=True)
class Anomaly:
    """The value is more than so many deviations from what is usual."""

    sensitivity: float
    direction: Direction


@dataclass(frozen=True)
class Pattern:
    """Values make a shape."""

    shape: Shape


Condition = Threshold | Change | Absence | Anomaly | Pattern


@dataclass(frozen=True)
class Question:
    """What is asked about each window, of each group."""

    measure: Measure
    source: Source
    filter: Filter
    labels: Sequence[Label]
    counts: bool
    """Whether a window without facts has the value zero, and not none."""


@dataclass(frozen=True)
class Escalation:
    """So long after an alert was triggered, these are told."""

    delay: timedelta
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Telling:
    """When to tell of what was found, and whom."""

    rule_id: str
    name: str
    severity: int
    """As the contract numbers it."""
    for_duration: timedelta = timedelta()
    cooldown: timedelta = timedelta()
    renotify_interval: timedelta | None = None
    renotify_limit: int = 0
    escalation: tuple[Escalation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule(Telling):
    """A rule that can be judged."""

    question: Question
    condition: Condition
    window: timedelta
    interval: timedelta
    data_delay: timedelta
