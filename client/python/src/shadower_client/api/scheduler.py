"""Of shadower.scheduler.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shadower.scheduler.v1 import scheduler_service_pb2

from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.pages import AsyncPages, Pages


@named("shadower.scheduler.v1.RunReason")
class RunReason(OpenEnum):
    """Why a run was planned."""

    UNSPECIFIED = 0
    """Not set."""
    SCHEDULE = 1
    """Its time had come, or had passed while nobody ran it: of several such times only the
    last has a run.
    """
    REQUEST = 2
    """Somebody asked for it by RunJob."""


@named("shadower.scheduler.v1.RunOutcome")
class RunOutcome(OpenEnum):
    """What became of a run."""

    UNSPECIFIED = 0
    """It has not ended."""
    SUCCEEDED = 1
    """All of it was done."""
    FAILED = 2
    """Some of it could not be done, after all attempts. An event SYSTEM_ERROR and an alert
    tell it.
    """
    ABANDONED = 3
    """No scheduler knew the job: it was of another release, and nobody has done it within an
    hour.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun(Message):
    """One time at which a job was, or is to be, done."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.JobRun"
    job: str = ""
    """The job's name."""
    planned_time: datetime | None = None
    """When it was to begin. With the job it names the run."""
    reason: RunReason = RunReason.UNSPECIFIED
    """Why."""
    start_time: datetime | None = None
    """When its last attempt began; absent if none has yet."""
    end_time: datetime | None = None
    """When it ended; absent if it has not."""
    outcome: RunOutcome = RunOutcome.UNSPECIFIED
    """What became of it."""
    attempts: int = 0
    """How often it was begun: again after a failure, or by another replica after one that
    died.
    """
    error: str = ""
    """Why it failed, at most 500 characters; of one that succeeded, where it left some for the
    next time, as one does that has asked often. Else empty.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Message):
    """Something that is done at times."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.Job"
    name: str = ""
    """Its name, such as "roll_up_hours"."""
    description: str = ""
    """What is done."""
    schedule: str = ""
    """When, on the clock of time_zone, as five fields of cron: minute, hour, day of month,
    month, day of week. Days of the week have names (mon to sun). A time that the clock
    shows twice comes the first time; one that it skips comes in the moment in which it goes
    on.
    """
    default_schedule: str = ""
    """The schedule that it has unless somebody sets another."""
    paused: bool = False
    """Whether it waits until somebody lets it go on."""
    next_run_time: datetime | None = None
    """When its time comes next; absent while it is paused."""
    last_run: JobRun | None = None
    """Its last run; absent before the first."""
    time_zone: str = ""
    """The time zone of schedule, as IANA names it, such as "Europe/Berlin" or "UTC"."""
    default_time_zone: str = ""
    """The time zone that it has unless somebody sets another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJobsResponse(Message, Table):
    """The jobs."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.ListJobsResponse"
    ITEMS: ClassVar[str] = "jobs"
    jobs: tuple[Job, ...] = ()
    """By name."""
    as_of: datetime
    """Everything that happened by this moment is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJobResponse(Message):
    """What was planned."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.RunJobResponse"
    run: JobRun
    """The run, which has not begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseJobResponse(Message):
    """What waits now."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.PauseJobResponse"
    job: Job
    """The job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeJobResponse(Message):
    """What goes on."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.ResumeJobResponse"
    job: Job
    """The job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleJobResponse(Message):
    """When it is done from now on."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.RescheduleJobResponse"
    job: Job
    """The job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJobRunsResponse(Message, Table):
    """The list, or a page of it."""

    PROTO: ClassVar[str] = "shadower.scheduler.v1.ListJobRunsResponse"
    ITEMS: ClassVar[str] = "runs"
    runs: tuple[JobRun, ...] = ()
    """The latest first."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""


LIST_JOBS = Method(
    "/shadower.scheduler.v1.SchedulerService/ListJobs",
    scheduler_service_pb2.ListJobsRequest,
    scheduler_service_pb2.ListJobsResponse,
    ListJobsResponse,
    is_idempotent=True,
)

RUN_JOB = Method(
    "/shadower.scheduler.v1.SchedulerService/RunJob",
    scheduler_service_pb2.RunJobRequest,
    scheduler_service_pb2.RunJobResponse,
    JobRun,
    is_idempotent=True,
    unwrap="run",
)

PAUSE_JOB = Method(
    "/shadower.scheduler.v1.SchedulerService/PauseJob",
    scheduler_service_pb2.PauseJobRequest,
    scheduler_service_pb2.PauseJobResponse,
    Job,
    is_idempotent=True,
    unwrap="job",
)

RESUME_JOB = Method(
    "/shadower.scheduler.v1.SchedulerService/ResumeJob",
    scheduler_service_pb2.ResumeJobRequest,
    scheduler_service_pb2.ResumeJobResponse,
    Job,
    is_idempotent=True,
    unwrap="job",
)

RESCHEDULE_JOB = Method(
    "/shadower.scheduler.v1.SchedulerService/RescheduleJob",
    scheduler_service_pb2.RescheduleJobRequest,
    scheduler_service_pb2.RescheduleJobResponse,
    Job,
    is_idempotent=True,
    unwrap="job",
)

LIST_JOB_RUNS = Method(
    "/shadower.scheduler.v1.SchedulerService/ListJobRuns",
    scheduler_service_pb2.ListJobRunsRequest,
    scheduler_service_pb2.ListJobRunsResponse,
    ListJobRunsResponse,
    is_idempotent=True,
)


class SchedulerApi:
    """What is done at times, and what became of it. Jobs are of the reserved workspace
    "shadower-system", for which an operator takes a token; others have none.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list_jobs(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListJobsResponse:
        """Lists the jobs by name. They are few, so there are no pages."""
        return self._caller.unary(LIST_JOBS, {}, workspace, timeout)

    def run_job(
        self, job_name: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> JobRun:
        """Has a job done once, now, whether it is paused or not. It begins within seconds, after a
        run that goes on; until then, whoever asks again is told of the same run. JOB_NOT_FOUND.

        :param job_name: The job's name.
        """
        return self._caller.unary(RUN_JOB, {"job_name": job_name}, workspace, timeout)

    def pause_job(
        self, job_name: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Job:
        """Keeps a job from being done at its times. A run that goes on, goes on. JOB_NOT_FOUND.

        :param job_name: The job's name.
        """
        return self._caller.unary(PAUSE_JOB, {"job_name": job_name}, workspace, timeout)

    def resume_job(
        self, job_name: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Job:
        """Lets a job go on. Times that passed while it was paused are not caught up.
        JOB_NOT_FOUND.

        :param job_name: The job's name.
        """
        return self._caller.unary(RESUME_JOB, {"job_name": job_name}, workspace, timeout)

    def reschedule_job(
        self,
        job_name: str,
        *,
        schedule: str | None = None,
        time_zone: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Sets when a job is done, from now on. JOB_NOT_FOUND; SCHEDULE_INVALID if the schedule is
        none, or its time never comes; VALIDATION_FAILED for a time zone that there is not.

        :param job_name: The job's name.
        :param schedule: When, as Job.schedule has it; at most 100 characters. If empty, its
            default.
        :param time_zone: On the clock of this time zone, as Job.time_zone has it. If empty, of
            its default.
        """
        return self._caller.unary(
            RESCHEDULE_JOB,
            {"job_name": job_name, "schedule": schedule, "time_zone": time_zone},
            workspace,
            timeout,
        )

    def list_job_runs(
        self,
        *,
        job: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListJobRunsResponse, JobRun]:
        """Lists runs of the last 90 days, the latest first.

        :param job: Of this job only; of all if empty.
        :param page_size: The most runs to answer at once: 0 stands for 100, more than 1,000 for
            1,000; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the latest.
        """
        return self._caller.pages(
            LIST_JOB_RUNS,
            {"job": job, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "runs",
        )


class AsyncSchedulerApi:
    """What is done at times, and what became of it. Jobs are of the reserved workspace
    "shadower-system", for which an operator takes a token; others have none.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def list_jobs(
        self, *, workspace: str | None = None, timeout: float | None = None
    ) -> ListJobsResponse:
        """Lists the jobs by name. They are few, so there are no pages."""
        return await self._caller.unary(LIST_JOBS, {}, workspace, timeout)

    async def run_job(
        self, job_name: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> JobRun:
        """Has a job done once, now, whether it is paused or not. It begins within seconds, after a
        run that goes on; until then, whoever asks again is told of the same run. JOB_NOT_FOUND.

        :param job_name: The job's name.
        """
        return await self._caller.unary(RUN_JOB, {"job_name": job_name}, workspace, timeout)

    async def pause_job(
        self, job_name: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Job:
        """Keeps a job from being done at its times. A run that goes on, goes on. JOB_NOT_FOUND.

        :param job_name: The job's name.
        """
        return await self._caller.unary(PAUSE_JOB, {"job_name": job_name}, workspace, timeout)

    async def resume_job(
        self, job_name: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Job:
        """Lets a job go on. Times that passed while it was paused are not caught up.
        JOB_NOT_FOUND.

        :param job_name: The job's name.
        """
        return await self._caller.unary(RESUME_JOB, {"job_name": job_name}, workspace, timeout)

    async def reschedule_job(
        self,
        job_name: str,
        *,
        schedule: str | None = None,
        time_zone: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Sets when a job is done, from now on. JOB_NOT_FOUND; SCHEDULE_INVALID if the schedule is
        none, or its time never comes; VALIDATION_FAILED for a time zone that there is not.

        :param job_name: The job's name.
        :param schedule: When, as Job.schedule has it; at most 100 characters. If empty, its
            default.
        :param time_zone: On the clock of this time zone, as Job.time_zone has it. If empty, of
            its default.
        """
        return await self._caller.unary(
            RESCHEDULE_JOB,
            {"job_name": job_name, "schedule": schedule, "time_zone": time_zone},
            workspace,
            timeout,
        )

    def list_job_runs(
        self,
        *,
        job: str | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListJobRunsResponse, JobRun]:
        """Lists runs of the last 90 days, the latest first.

        :param job: Of this job only; of all if empty.
        :param page_size: The most runs to answer at once: 0 stands for 100, more than 1,000 for
            1,000; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the latest.
        """
        return self._caller.pages(
            LIST_JOB_RUNS,
            {"job": job, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "runs",
        )
