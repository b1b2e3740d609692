"""Finds targets to which something is due, and has it sent: many at once, each by itself."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import structlog

from services.notifications.away import AWAY
from services.notifications.lane_run import Means, run_lane
from services.runtime.background import in_background
from services.runtime.patience import Patience
from services.warehouse.bus.outbox import BROKEN, Connect, Line, open_line
from services.warehouse.notifications.lanes import CHANNEL, Lane, Lanes

# A wake-up can be lost, so it also looks by itself.
POLL_SECONDS = 5.0
SOONEST_SECONDS = 0.01


class Dispatcher:
    """What is claimed here is sent here."""

    def __init__(self, connect: Connect, lanes: Lanes, means: Means, at_once: int) -> None:
        self._connect = connect
        self._lanes = lanes
        self._means = means
        self._at_once = at_once
        self._holder = uuid4()
        self._running: dict[asyncio.Task[None], Lane] = {}
        self._line: Line | None = None
        self._is_ending = False

    @asynccontextmanager
    async def dispatching(self, seconds: float) -> AsyncIterator[None]:
        """Goes on as long as the body does; then what is under way has some seconds to end."""
        async with in_background(self._run()):
            yield
        self._is_ending = True
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self) -> None:
        log = structlog.get_logger("notifications")
        patience = Patience(log, "not looking for what is due; beginning again")
        while True:
            try:
                async with open_line(self._connect, CHANNEL) as line:
                    await self._dispatch(line, patience)
            except (*BROKEN, *AWAY) as broken:
                await patience.wait(broken)

    async def _dispatch(self, line: Line, patience: Patience) -> None:
        self._line = line
        while True:
            line.awake.clear()
            await self._fill(line)
            patience.is_rewarded()

    async def _fill(self, line: Line) -> None:
        """Once; then sleeps if there is no more to do."""
        free = self._at_once - len(self._running)
        claimed = await self._claimed(free) if free > 0 else []
        for lane in claimed:
            self._begin(lane)
        if len(claimed) < free:
            await line.sleep(await self._seconds())
        elif not free:
            await line.sleep(POLL_SECONDS)

    async def _claimed(self, free: int) -> list[Lane]:
        return await self._lanes.claim(free, self._holder, self._busy())

    def _busy(self) -> Counter[str]:
        return Counter(lane.workspace_id for lane in self._running.values())

    async def _seconds(self) -> float:
        """How long there is nothing to do, unless somebody wakes us."""
        soonest = await self._lanes.seconds_to_next(self._busy())
        return POLL_SECONDS if soonest is None else min(max(soonest, SOONEST_SECONDS), POLL_SECONDS)

    def _begin(self, lane: Lane) -> None:
        task = asyncio.create_task(run_lane(self._means, lane, lambda: self._is_ending))
        self._running[task] = lane
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task, None)
        if self._line is not None:
            self._line.awake.set()
        if not task.cancelled() and task.exception() is not None:
            log = structlog.get_logger("notifications")
            log.error("left a target to its lease", exc_info=task.exception())
