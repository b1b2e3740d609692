"""When something is tried again, and when it is given up. Pure, but for chance."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from services.notifications.outcome import Outcome, Verdict
from services.warehouse.notifications.deliveries import Following

FACTOR = 5
LONGEST_RETRY = timedelta(hours=12)
LONGEST_PAUSE = timedelta(minutes=1)

Chance = Callable[[float, float], float]
"""A number between two."""


@dataclass(frozen=True)
class Retries:
    """Exponential backoff with full jitter: the pause is any up to its longest."""

    attempts: int
    first: timedelta
    pause: timedelta
    chance: Chance = random.uniform

    def following(self, tried: int, outcome: Outcome) -> Following:
        """Of a delivery that was tried so often, with that outcome last."""
        if outcome.is_delivered:
            return Following("delivered")
        left = (outcome.remaining, outcome.refused)
        if outcome.verdict is not Verdict.AGAIN or tried >= self.attempts:
            return Following("failed", timedelta(0), *left)
        wait = self._some(min(self.first * float(FACTOR ** (tried - 1)), LONGEST_RETRY))
        least = outcome.retry_after or timedelta(0)
        return Following("waiting", max(wait, least), *left)

    def pause_after(self, failures: int) -> timedelta:
        """For how long a receiver is left alone of which so many attempts failed in a row."""
        doubled = self.pause * float(2 ** min(failures - 1, 10))
        longest = min(doubled, max(self.pause, LONGEST_PAUSE))
        return longest / 2 + self._some(longest / 2)

    def _some(self, longest: timedelta) -> timedelta:
        return timedelta(seconds=self.chance(0, longest.total_seconds()))
