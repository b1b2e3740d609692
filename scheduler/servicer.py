"""SchedulerService: any replica answers; the one that leads does what is set."""

from collections.abc import Awaitable, Callable, Mapping

from shadower.scheduler.v1 import job_pb2
from shadower.scheduler.v1 import scheduler_service_pb2 as pb
from shadower.scheduler.v1.scheduler_service_pb2_grpc import SchedulerServiceServicer

from scheduler.answers import job_of, run_of
from scheduler.job import Job
from scheduler.times import times_of
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.call import Context
from services.runtime.faults import NotFound
from services.runtime.times import to_timestamp
from services.translation.pages import page_size, read_place, write_place
from services.warehouse.database import Database, Session
from services.warehouse.schedule.jobs import (
    list_set_jobs,
    pause_job,
    reschedule_job,
    resume_job,
)
from services.warehouse.schedule.runs import Run, last_runs, list_runs, request_run

DEFAULT_PAGE, MAX_PAGE = 100, 1_000


class SchedulerServicer(SchedulerServiceServicer):
    """Translates between the contract and the schedule in the warehouse."""

    def __init__(self, database: Database, jobs: Mapping[str, Job]) -> None:
        self._database = database
        self._jobs = jobs

    async def ListJobs(self, request: pb.ListJobsRequest, context: Context) -> pb.ListJobsResponse:
        async with self._database.reading(request.workspace_id) as session:
            jobs = await self._listed(session)
        return pb.ListJobsResponse(jobs=jobs, as_of=to_timestamp(session.as_of))

    async def RunJob(self, request: pb.RunJobRequest, context: Context) -> pb.RunJobResponse:
        job = self._job(request.workspace_id, request.job_name)
        async with self._database.writing(request.workspace_id) as session:
            run = await request_run(session, job.name)
        return pb.RunJobResponse(run=run_of(run))

    async def PauseJob(self, request: pb.PauseJobRequest, context: Context) -> pb.PauseJobResponse:
        job = await self._set(request.workspace_id, request.job_name, pause_job)
        return pb.PauseJobResponse(job=job)

    async def ResumeJob(
        self, request: pb.ResumeJobRequest, context: Context
    ) -> pb.ResumeJobResponse:
        job = await self._set(request.workspace_id, request.job_name, resume_job)
        return pb.ResumeJobResponse(job=job)

    async def RescheduleJob(
        self, request: pb.RescheduleJobRequest, context: Context
    ) -> pb.RescheduleJobResponse:
        job = self._job(request.workspace_id, request.job_name)
        schedule, zone = " ".join(request.schedule.split()) or None, request.time_zone or None
        times_of(schedule or job.schedule, zone or job.time_zone)

        async def reschedule(session: Session, name: str) -> None:
            await reschedule_job(session, name, schedule, zone)

        changed = await self._set(request.workspace_id, request.job_name, reschedule)
        return pb.RescheduleJobResponse(job=changed)

    async def ListJobRuns(
        self, request: pb.ListJobRunsRequest, context: Context
    ) -> pb.ListJobRunsResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            runs = await list_runs(session, request.job, read_place(request), limit + 1)
        return pb.ListJobRunsResponse(
            runs=[run_of(run) for run in runs[:limit]],
            next_page_token=_next_token(request, runs, limit),
        )

    async def _listed(self, session: Session) -> list[job_pb2.Job]:
        if session.workspace_id != SYSTEM_WORKSPACE:
            return []
        known, last = await list_set_jobs(session), await last_runs(session, self._jobs)
        return [
            job_of(self._jobs[name], known.get(name), last.get(name), session.as_of)
            for name in sorted(self._jobs)
        ]

    async def _set(
        self, workspace_id: str, name: str, change: Callable[[Session, str], Awaitable[None]]
    ) -> job_pb2.Job:
        job = self._job(workspace_id, name)
        async with self._database.writing(workspace_id) as session:
            await change(session, name)
            known, last = await list_set_jobs(session), await last_runs(session, [name])
        return job_of(job, known.get(name), last.get(name), session.as_of)

    def _job(self, workspace_id: str, name: str) -> Job:
        job = self._jobs.get(name) if workspace_id == SYSTEM_WORKSPACE else None
        if job is None:
            raise NotFound(
                "JOB_NOT_FOUND",
                f"there is no job {name!r} in the workspace {workspace_id!r}",
                metadata={"workspaceId": workspace_id, "job": name},
            )
        return job


def _next_token(request: pb.ListJobRunsRequest, runs: list[Run], limit: int) -> str:
    if len(runs) <= limit:
        return ""
    last = runs[limit - 1]
    return write_place(request, last.planned_at, last.job)
