"""What to look at, by rule. Pure; thresholds stand in the contract, HintKind."""

from dataclasses import dataclass
from enum import Enum

from services.warehouse.queries.statistics import Statistics


class HintKind(Enum):
    """What a hint is about, by the contract's names."""

    SLOW = "HINT_KIND_SLOW"
    TOKEN_HUNGRY = "HINT_KIND_TOKEN_HUNGRY"  # noqa: S105 - no password
    ERROR_PRONE = "HINT_KIND_ERROR_PRONE"
    LOW_SUCCESS = "HINT_KIND_LOW_SUCCESS"


@dataclass(frozen=True)
class Hint:
    """A value beyond its threshold."""

    kind: HintKind
    value: float
    threshold: float


def hints(statistics: Statistics) -> list[Hint]:
    rate = statistics.success_rate
    error_rate = None if rate is None else errors(statistics) / decided(statistics)
    found = [
        _above(HintKind.SLOW, statistics.average_duration, 30),
        _above(HintKind.TOKEN_HUNGRY, statistics.average_tokens, 5000),
        _above(HintKind.ERROR_PRONE, error_rate, 0.05),
        _below(HintKind.LOW_SUCCESS, rate, 0.90),
    ]
    return [hint for hint in found if hint is not None]


def errors(statistics: Statistics) -> int:
    return statistics.failed + statistics.timed_out


def decided(statistics: Statistics) -> int:
    return statistics.succeeded + errors(statistics)


def _above(kind: HintKind, value: float | None, threshold: float) -> Hint | None:
    return Hint(kind, value, threshold) if value is not None and value > threshold else None


def _below(kind: HintKind, value: float | None, threshold: float) -> Hint | None:
    return Hint(kind, value, threshold) if value is not None and value < threshold else None
