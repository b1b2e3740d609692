"""Jobs and runs as the contract has them."""

from datetime import datetime

from shadower.scheduler.v1 import job_pb2 as pb

from scheduler.jobs import Job
from scheduler.times import next_time, trigger_of
from services.runtime.times import optional_timestamp, to_timestamp
from services.warehouse.schedule.jobs import SetJob
from services.warehouse.schedule.runs import Run


def job_of(job: Job, setting: SetJob | None, last: Run | None, now: datetime) -> pb.Job:
    """A job that nobody has noted yet has its default."""
    schedule = (setting and setting.schedule) or job.schedule
    is_paused = setting is not None and setting.is_paused
    return pb.Job(
        name=job.name,
        description=job.description,
        schedule=schedule,
        default_schedule=job.schedule,
        paused=is_paused,
        next_run_time=None if is_paused else _next(schedule, now),
        last_run=run_of(last) if last else None,
    )


def _next(schedule: str, now: datetime) -> "pb.timestamp_pb2.Timestamp | None":
    return optional_timestamp(next_time(trigger_of(schedule), now))


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
