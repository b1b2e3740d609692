"""Jobs and runs as the contract has them."""

from datetime import datetime

from shadower.scheduler.v1 import job_pb2 as pb

from scheduler.job import Job
from scheduler.schedule import times_of_job
from services.runtime.times import optional_timestamp, to_timestamp
from services.warehouse.schedule.jobs import SetJob
from services.warehouse.schedule.runs import Run


def job_of(job: Job, setting: SetJob | None, last: Run | None, now: datetime) -> pb.Job:
    """A job that nobody has noted yet has its default."""
    is_paused = setting is not None and setting.is_paused
    return pb.Job(
        name=job.name,
        description=job.description,
        schedule=(setting and setting.schedule) or job.schedule,
        default_schedule=job.schedule,
        time_zone=(setting and setting.time_zone) or job.time_zone,
        default_time_zone=job.time_zone,
        paused=is_paused,
        next_run_time=None
        if is_paused
        else optional_timestamp(times_of_job(job, setting).next(now)),
        last_run=run_of(last) if last else None,
    )


def run_of(run: Run) -> pb.JobRun:
    return pb.JobRun(
        job=run.job,
        planned_time=to_timestamp(run.planned_at),
        reason=pb.RunReason.Value(f"RUN_REASON_{run.reason.upper()}"),
        start_time=optional_timestamp(run.started_at),
        end_time=optional_timestamp(run.ended_at),
        outcome=pb.RunOutcome.Value(f"RUN_OUTCOME_{(run.outcome or 'unspecified').upper()}"),
        attempts=run.attempts,
        error=run.error,
    )
