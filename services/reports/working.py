"""Makes reports beside the calls of the process: those that somebody has asked for, at once."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from services.reports.making import Maker
from services.runtime.faults import Fault

LOOK_SECONDS = 15.0
PORTION = 10
MOST_TIME = timedelta(minutes=5)


class Worker:
    """Of one process; several share the work."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Somebody has asked for a report."""
        self._news.set()

    async def follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()
            self._news.clear()
            await self._make()

    async def _make(self) -> None:
        log = structlog.get_logger("reports")
        try:
            done = await self._maker.make(None, PORTION, MOST_TIME)
        except (Fault, TimeoutError) as failed:
            log.warning("reports wait", error=str(failed))
        else:
            if done.begun >= PORTION:
                self.wake()
