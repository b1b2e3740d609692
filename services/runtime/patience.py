"""How one waits for what is not there yet: a database that starts later, a broker that restarts."""

import asyncio
import random
import time
from math import inf
from typing import Any

FIRST_SECONDS = 0.5
MOST_SECONDS = 5.0
TOLD_SECONDS = 60.0
"""What stays as it was is told again after so long."""


class Patience:
    """Tries come further apart, and the log says why at once and then seldom."""

    def __init__(self, log: Any, event: str) -> None:
        self._log = log
        self._event = event
        self._pause = FIRST_SECONDS
        self._told = ""
        self._told_at = -inf
        self._tries = 0

    async def wait(self, error: object) -> None:
        """After a try has failed."""
        self.tell(error)
        # Not all processes at once, when what they wait for is there again.
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        self._pause = min(2 * self._pause, MOST_SECONDS)

    def tell(self, error: object) -> None:
        """For those who have a pace of their own."""
        self._tries += 1
        words, now = repr(error), time.monotonic()
        if words != self._told or now >= self._told_at + TOLD_SECONDS:
            self._log.warning(self._event, error=words, tries=self._tries)
            self._told, self._told_at = words, now

    def is_rewarded(self) -> None:
        """It went well: the next failure is the first."""
        self._pause, self._told, self._tries = FIRST_SECONDS, "", 0
