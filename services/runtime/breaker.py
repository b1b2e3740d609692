"""Leaves alone what keeps failing, and tries it again after a while."""

import time
from collections.abc import Callable


class Breaker:
    """Opens after some failures in a row. Lets one try through each `pause` seconds then."""

    def __init__(
        self, failures: int, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_failures = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._next_try = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._most_failures

    def lets_through(self) -> bool:
        """Whoever is let through must say how it went."""
        if not self.is_open:
            return True
        if self._clock() < self._next_try:
            return False
        self._next_try = self._clock() + self._pause
        return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._next_try = self._clock() + self._pause
