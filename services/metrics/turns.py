"""Wakes many who wait, a few at a time.

Thousands that are woken at once have to be done with before the process does anything else: before
the next look at the database, and before that is answered, each time.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from math import inf

# What is written in one turn also leaves together.
AT_ONCE = 128


class Turns:
    """Of all who were told to wake, in the order in which they were."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waking: deque[asyncio.Future[None]] = deque()

    def wake(self, waiting: "Iterable[asyncio.Future[None]]") -> None:
        is_pausing = not self._waking
        self._waking.extend(waiting)
        if is_pausing and self._waking:
            asyncio.get_running_loop().call_soon(self._wake_some)

    def _wake_some(self) -> None:
        for _ in range(min(self._at_once, len(self._waking))):
            waiting = self._waking.popleft()
            if not waiting.done():
                waiting.set_result(None)
        if self._waking:
            asyncio.get_running_loop().call_soon(self._wake_some)


class Signal:
    """Wakes all who wait at that moment, and nobody who comes later."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._waiting: dict[asyncio.Future[None], None] = {}

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def wake(self) -> None:
        waiting, self._waiting = self._waiting, {}
        self._turns.wake(waiting)

    async def wait(self, seconds: float = inf) -> None:
        """Until it wakes us, or time is up."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[woken] = None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_bounded(seconds)):
                    await woken
        finally:
            # Whoever waits no more must not be kept until something happens.
            self._waiting.pop(woken, None)


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Returns when the event is set, or time is up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_bounded(seconds)):
            await event.wait()


def _bounded(seconds: float) -> float | None:
    return None if seconds == inf else max(0.0, seconds)
