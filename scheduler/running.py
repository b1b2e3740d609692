"""Runs jobs whose time has come: each time once, however often and by whomever it is looked at."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from typing import Any, Protocol

import structlog

from scheduler.calling import JobError
from scheduler.job import Job
from scheduler.schedule import Schedule
from services.runtime.background import side_by_side
from services.runtime.failpoints import Failpoints
from services.runtime.faults import Fault
from services.runtime.telemetry.instruments import Instruments, instruments
from services.runtime.telemetry.shapes import INTERNAL, Shape
from services.runtime.telemetry.tallies import LONG_SECONDS, Histogram
from services.runtime.telemetry.tracer import of_its_own
from services.warehouse.schedule.runs import FAILED, SUCCEEDED, Run, Runs

NO_FAILPOINTS = Failpoints()
LEDGER_SECONDS = 1.0
DELAYS = (5.0, 30.0, 120.0)
"""Seconds before a job that failed is tried again; after them it has failed."""


class Doer(Protocol):
    """Does a job, and tells what it left; or raises JobError, a Fault or TimeoutError."""

    async def do(self, job: Job, run: Run, only: Sequence[str] | None = None) -> str: ...


class Runner:
    """Of whoever holds the lease: its ledger is that of one fence. All of its methods raise
    FencedError when the fence holds no more, and a Fault while the database is away."""

    def __init__(
        self,
        schedule: Schedule,
        runs: Runs,
        doer: Doer,
        delays: Sequence[float] = DELAYS,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self.schedule = schedule
        self._runs = runs
        self._doer = doer
        self._delays = delays
        self._failpoints = failpoints
        self._ended = runs_of(instruments())
        self._busy = {name: asyncio.Lock() for name in schedule.jobs}

    async def run_due(self, job: Job) -> Run | None:
        """If a time of the job has come that has no run."""
        async with self._busy[job.name]:
            due = await self.schedule.due(job)
            run = await self._runs.begin(job.name, due) if due else None
            if run:
                await self._trace(job, run)
            return run

    async def run_adopted(self) -> list[Run]:
        """What was asked for, and what others have begun and did not end."""
        adopted = await self._runs.adopt(self.schedule.jobs)
        async with side_by_side() as group:
            for run in adopted:
                group.create_task(self._run_adopted(run))
        return adopted

    async def _run_adopted(self, run: Run) -> None:
        async with self._busy[run.job]:
            await self._trace(self.schedule.jobs[run.job], run)

    async def _trace(self, job: Job, run: Run) -> None:
        """Each run is a trace of its own, with the calls that it makes."""
        with of_its_own(_shape(job.name)) as span:
            span.set("shadower.job.planned_time", run.planned_at.isoformat())
            span.set("shadower.job.attempt", run.attempts)
            await self._carry_out(job, run)

    async def _carry_out(self, job: Job, run: Run) -> None:
        log: Any = structlog.get_logger("scheduler").bind(job=job.name, planned=str(run.planned_at))
        only: Sequence[str] | None = None
        began = time.perf_counter()
        for delay in (*self._delays, None):
            try:
                left = await self._doer.do(job, run, only)
            except (JobError, Fault, TimeoutError) as failed:
                log.warning("job failed", error=str(failed), again_in=delay)
                if delay is None:
                    self._ended.note((job.name, FAILED), time.perf_counter() - began)
                    return await _noted(partial(self._runs.fail, run, str(failed)))
                only = failed.workspaces if isinstance(failed, JobError) else only
                await asyncio.sleep(delay)
                await _noted(partial(self._runs.begin_again, run))
            else:
                log.info("job done", left=left)
                self._ended.note((job.name, SUCCEEDED), time.perf_counter() - began)
                self._failpoints.reach("job.done")
                return await _noted(partial(self._runs.succeed, run, left))
        return None


@cache
def _shape(job: str) -> Shape:
    return Shape(f"job {job}", INTERNAL, shadower__job__name=job)


def runs_of(measured: Instruments) -> Histogram:
    return measured.histogram(
        "shadower.scheduler.run.duration",
        "s",
        "How long runs of jobs took, with all of their tries",
        ("shadower.job.name", "outcome"),
        LONG_SECONDS,
    )


async def _noted(note: Callable[[], Awaitable[None]]) -> None:
    """As soon as the database is there. Raises FencedError."""
    while True:
        try:
            return await note()
        except (Fault, TimeoutError) as failed:
            structlog.get_logger("scheduler").warning("ledger waits", error=str(failed))
            await asyncio.sleep(LEDGER_SECONDS)
