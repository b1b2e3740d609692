"""Waiting for something, or for a while."""

import asyncio
from contextlib import suppress
from math import inf


class Signal:
    """Wakes all who wait at that moment, and nobody who comes later."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        await self._event.wait()

    async def within(self, seconds: float) -> None:
        await set_within(self._event, seconds)


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Returns when the event is set, or time is up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(None if seconds == inf else max(0, seconds)):
            await event.wait()
