"""Which fault befalls whom and when: the same for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Blow(StrEnum):
    """What befalls a victim."""

    KILL = "kill"
    PAUSE = "pause"


@dataclass(frozen=True)
class Fault:
    """`at` seconds after the beginning; the victim is away for `seconds`."""

    at: float
    victim: str
    blow: Blow
    seconds: float


@dataclass(frozen=True)
class Temper:
    """How bad it gets."""

    seconds_between: float = 5
    kills: float = 0.7
    most_seconds_dead: float = 3
    # Longer than the session of a consumer: it wakes up as one that was given up for dead.
    most_seconds_paused: float = 15


def schedule(seed: int, seconds: float, victims: Sequence[str], temper: Temper) -> list[Fault]:
    """Every victim gets its turn before one gets its second."""
    dice = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    faults: list[Fault] = []
    at, waiting = _gap(dice, temper), list[str]()
    while at < seconds:
        waiting = waiting or dice.sample(victims, len(victims))
        faults.append(_fault(dice, at, waiting.pop(), temper))
        at += _gap(dice, temper)
    return faults


def _gap(dice: Random, temper: Temper) -> float:
    return dice.uniform(0.5, 1.5) * temper.seconds_between


def _fault(dice: Random, at: float, victim: str, temper: Temper) -> Fault:
    if dice.random() < temper.kills:
        return Fault(at, victim, Blow.KILL, dice.uniform(0, temper.most_seconds_dead))
    # As many short pauses as long ones: each length meets another timeout.
    shortest = 0.5
    seconds = shortest * (temper.most_seconds_paused / shortest) ** dice.random()
    return Fault(at, victim, Blow.PAUSE, seconds)
