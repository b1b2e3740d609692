"""What a scheduler tells of its jobs, whether it leads or stands by."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

import structlog

from scheduler.leading import Leading
from scheduler.schedule import Schedule, times_of_job
from services.runtime.faults import Fault
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.tallies import Labels
from services.warehouse.schedule.jobs import list_set_jobs
from services.warehouse.schedule.runs import last_successes

PAUSE_SECONDS = 15.0


class Watching:
    """Looks at the ledger again and again; tells nothing of jobs while the database is away."""

    def __init__(self, schedule: Schedule, leading: Leading) -> None:
        self._schedule = schedule
        self._succeeded: dict[str, datetime] = {}
        self._periods: dict[str, float] = {}
        measured = instruments()
        measured.gauge(
            "shadower.scheduler.leading",
            "",
            "1 of the scheduler that runs jobs, 0 of one that stands by",
            (),
            lambda: [((), float(leading.fence is not None))],
        )
        measured.gauge(
            "shadower.scheduler.job.succeeded",
            "s",
            "When a job succeeded last, in seconds since 1970",
            ("shadower.job.name",),
            self._successes,
        )
        measured.gauge(
            "shadower.scheduler.job.period",
            "s",
            "From one time of a job to the next; of none that is paused",
            ("shadower.job.name",),
            lambda: [((job,), seconds) for job, seconds in self._periods.items()],
        )

    def _successes(self) -> Iterable[tuple[Labels, float]]:
        return [((job,), at.timestamp()) for job, at in self._succeeded.items()]

    async def follow(self) -> None:
        """As long as the process lives."""
        while True:
            try:
                await self.look()
            except (Fault, TimeoutError) as away:
                self._succeeded, self._periods = {}, {}
                structlog.get_logger("scheduler").warning("jobs are not known", error=str(away))
            await asyncio.sleep(PAUSE_SECONDS)

    async def look(self) -> None:
        """Once."""
        jobs = self._schedule.jobs
        async with self._schedule.database.reading(self._schedule.workspace_id) as session:
            self._succeeded = await last_successes(session, jobs)
            known = await list_set_jobs(session)
        paused = {name for name, setting in known.items() if setting.is_paused}
        times = {name: times_of_job(job, known.get(name)) for name, job in jobs.items()}
        now = datetime.now(UTC)
        self._periods = {}
        for name in jobs.keys() - paused:
            following = times[name].next(now)
            after = times[name].next(following) if following else None
            if following and after:
                self._periods[name] = (after - following).total_seconds()
