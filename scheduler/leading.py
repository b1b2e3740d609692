"""One of several replicas leads: it alone wakes at times and runs jobs."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from scheduler.job import Job
from scheduler.running import Runner
from scheduler.schedule import times_of_job
from scheduler.times import Times
from services.runtime.background import side_by_side
from services.runtime.faults import Fault
from services.runtime.patience import Patience
from services.warehouse.schedule.jobs import SetJob
from services.warehouse.schedule.leases import FencedError, Lease

LIFE = timedelta(seconds=6)
"""Of the lease: so long after a leader has died another one leads."""
TRY_SECONDS = 1.5
JITTER_SECONDS = 2
"""Jobs of one minute begin within so long, not all at once."""


class Leading:
    """Takes the lease whenever it is free, and leads as long as it holds it."""

    def __init__(self, lease: Lease, runner_of: Callable[[int], Runner], jobs: list[Job]) -> None:
        self._lease = lease
        self._runner_of = runner_of
        self._jobs = jobs
        self._patience = Patience(_log(), "the lease cannot be taken")
        self.fence: int | None = None
        """While it leads."""

    async def follow(self) -> None:
        """As long as the process lives. Who ends, lets another one lead at once."""
        try:
            while True:
                fence = await self._taken()
                if fence is not None:
                    await self._lead(fence)
                await asyncio.sleep(TRY_SECONDS)
        finally:
            await self._release()

    async def _release(self) -> None:
        """If nobody hears of it, it expires."""
        with suppress(Fault, TimeoutError):
            await self._lease.release()

    async def _taken(self) -> int | None:
        try:
            fence = await self._lease.take()
        except (Fault, TimeoutError) as failed:
            self._patience.tell(failed)
            return None
        self._patience.is_rewarded()
        return fence

    async def _lead(self, fence: int) -> None:
        _log().info("leading", fence=fence)
        self.fence = fence
        reign = asyncio.create_task(self._reign(fence))
        try:
            await self._keep(fence, reign)
        finally:
            self.fence = None
            reign.cancel()
            await asyncio.wait([reign])
            # What was begun is somebody's who leads from now on, also if that is this one.
            await self._release()
            _log().info("not leading any more", fence=fence)
        if not reign.cancelled() and not isinstance(reign.exception(), FencedError):
            await reign

    async def _reign(self, fence: int) -> None:
        """Raises FencedError when somebody else leads."""
        async with side_by_side() as group:
            await Reign(self._runner_of(fence), self._jobs, group).go_on()

    async def _keep(self, fence: int, reign: asyncio.Task[None]) -> None:
        """Until the lease cannot be kept in time, or the reign breaks."""
        until = asyncio.get_running_loop().time() + LIFE.total_seconds()
        while asyncio.get_running_loop().time() < until:
            await asyncio.wait([reign], timeout=TRY_SECONDS)
            if reign.done():
                return
            began = asyncio.get_running_loop().time()
            kept = await self._taken()
            if kept == fence:
                until = began + LIFE.total_seconds()
            elif kept is not None:
                return


@dataclass(frozen=True)
class Waking(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """At the times of a job, or a moment after: what else begins then begins in another one."""

    times: Times

    def __str__(self) -> str:
        return "the times of a job"

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime | None:
        time: datetime | None = self._apply_jitter(self.times.next(now), JITTER_SECONDS, now)
        return time


class Reign:
    """What a leader does: APScheduler wakes it, and the ledger says what is due."""

    def __init__(self, runner: Runner, jobs: list[Job], group: asyncio.TaskGroup) -> None:
        self._runner = runner
        self._jobs = jobs
        self._group = group
        self._clock = AsyncIOScheduler(timezone="UTC")
        self._known: dict[str, SetJob] = {}
        self._late: set[str] = set()
        """Of which nobody could say whether they are due."""

    async def go_on(self) -> None:
        self._clock.start()
        try:
            while True:
                await self._unless_away(self._look())
                await asyncio.sleep(TRY_SECONDS)
        finally:
            self._clock.shutdown(wait=False)

    async def _look(self) -> None:
        """What was set, and what was asked for."""
        settings = await self._runner.schedule.settings()
        late, self._late = self._late, set()
        for job in self._jobs:
            if self._known.get(job.name) != settings[job.name]:
                self._set(job, settings[job.name])
            elif job.name in late:
                self._wake(job)
        self._known = settings
        self._group.create_task(self._unless_away(self._runner.run_adopted()))

    def _set(self, job: Job, setting: SetJob) -> None:
        """What its times before have left to be done, is done now."""
        self._clock.add_job(
            self._wake_at_its_time,
            Waking(times_of_job(job, setting)),
            [job],
            id=job.name,
            replace_existing=True,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._wake(job)

    async def _wake_at_its_time(self, job: Job) -> None:
        """A coroutine, since APScheduler calls all else in threads."""
        self._wake(job)

    def _wake(self, job: Job) -> None:
        self._group.create_task(self._unless_away(self._runner.run_due(job), job.name))

    async def _unless_away(self, work: Coroutine[Any, Any, Any], job: str = "") -> None:
        """Without the database all stays as it was, and is looked at again."""
        try:
            await work
        except (Fault, TimeoutError) as failed:
            _log().warning("jobs wait for the database", error=str(failed))
            if job:
                self._late.add(job)


def _log() -> Any:
    return structlog.get_logger("scheduler")
