"""What is due: by what somebody has set of jobs, and by the ledger."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from scheduler.job import Job
from scheduler.times import Times, times_of
from services.runtime.faults import InvalidArgument
from services.warehouse.database import Database
from services.warehouse.schedule.jobs import SetJob, list_set_jobs, note_job
from services.warehouse.schedule.runs import last_planned

Clock = Callable[[], datetime]


def now_in_utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Schedule:
    """Of a workspace's jobs."""

    database: Database
    workspace_id: str
    jobs: Mapping[str, Job]
    clock: Clock = now_in_utc

    async def settings(self) -> dict[str, SetJob]:
        """Of every job: those that nobody knew count from now on."""
        async with self.database.writing(self.workspace_id) as session:
            known = await list_set_jobs(session)
            for name in self.jobs.keys() - known.keys():
                await note_job(session, name)
            return await list_set_jobs(session)

    async def due(self, job: Job) -> datetime | None:
        """Of several times that passed without a run, the last."""
        async with self.database.reading(self.workspace_id) as session:
            setting = (await list_set_jobs(session)).get(job.name)
            last = await last_planned(session, job.name)
        if setting is None or setting.is_paused:
            return None
        after = max(setting.since, last or setting.since)
        return times_of_job(job, setting).last(after, self.clock())


def times_of_job(job: Job, setting: SetJob | None) -> Times:
    """What somebody has set of it, or else its default; also if this machine lacks the zone that
    was set on another one, so that no job is ever without times."""
    schedule, zone = (setting.schedule, setting.time_zone) if setting else (None, None)
    with suppress(InvalidArgument):
        return times_of(schedule or job.schedule, zone or job.time_zone)
    return times_of(job.schedule, job.time_zone)
