"""`shadower jobs`."""

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from shadower.scheduler.v1 import scheduler_service_pb2 as pb
from shadower.scheduler.v1.job_pb2 import Job, JobRun, RunOutcome, RunReason
from shadower.scheduler.v1.scheduler_service_pb2_grpc import SchedulerServiceStub

from cli.asking.connection import Purpose
from cli.asking.pages import LimitOption, listed
from cli.asking.session import Session, asking
from cli.durations import parse_duration
from cli.failures import CommandError, ExitCode
from cli.rendering.console import waiting
from cli.rendering.examples import examples
from cli.rendering.tables import table, zoned
from cli.rendering.values import time, time_if, word

# Jobs are the whole deployment's.
OF_ALL = Purpose("shadower-system", ("jobs:read", "jobs:write"))
LOOK_SECONDS = 0.5
jobs = typer.Typer(name="jobs", no_args_is_help=True, add_completion=False)
scheduling = partial(asking, purpose=OF_ALL)

JobName = Annotated[str, typer.Argument(metavar="JOB", help="The job's name.")]


@jobs.callback()
def about() -> None:
    """Look at what is done at times, and have it done now, paused or resumed.

    Needs a token of the workspace shadower-system that names jobs:read or jobs:write.
    """


@jobs.command("list", epilog=examples("shadower jobs list", "shadower jobs list --json"))
@scheduling
async def list_jobs(session: Session) -> None:
    """List the jobs, when each comes next, and what became of the last run."""
    request = pb.ListJobsRequest(workspace_id=session.workspace)
    session.show(
        await session.ask(session.stub(SchedulerServiceStub).ListJobs, request), _jobs_view
    )


@jobs.command(
    "run",
    epilog=examples("shadower jobs run roll_up_hours", "shadower jobs run roll_up_hours --wait"),
)
@scheduling
async def run_job(
    session: Session,
    *,
    job: JobName,
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended.")] = False,
    patience: Annotated[str, typer.Option("--timeout", help="Wait at most so long.")] = "10m",
) -> None:
    """Have a job done once, now, whether it is paused or not."""
    seconds = parse_duration(patience).total_seconds()
    request = pb.RunJobRequest(workspace_id=session.workspace, job_name=job)
    answer = await session.ask(session.stub(SchedulerServiceStub).RunJob, request)
    if wait:
        answer.run.CopyFrom(await _ended(session, answer.run, seconds))
    session.show(answer, lambda told, zone: _runs([told.run], zone))
    _check(answer.run)


@jobs.command("pause", epilog=examples("shadower jobs pause apply_retention"))
@scheduling
async def pause(session: Session, *, job: JobName) -> None:
    """Keep a job from being done at its times."""
    request = pb.PauseJobRequest(workspace_id=session.workspace, job_name=job)
    rpc = session.stub(SchedulerServiceStub).PauseJob
    session.show(await session.ask(rpc, request), lambda told, zone: _jobs([told.job], zone))


@jobs.command("resume", epilog=examples("shadower jobs resume apply_retention"))
@scheduling
async def resume(session: Session, *, job: JobName) -> None:
    """Let a job go on."""
    request = pb.ResumeJobRequest(workspace_id=session.workspace, job_name=job)
    rpc = session.stub(SchedulerServiceStub).ResumeJob
    session.show(await session.ask(rpc, request), lambda told, zone: _jobs([told.job], zone))


@jobs.command(
    "history", epilog=examples("shadower jobs history", "shadower jobs history roll_up_hours")
)
@scheduling
async def history(
    session: Session,
    *,
    job: Annotated[str, typer.Argument(metavar="[JOB]", help="Of this job only.")] = "",
    limit: LimitOption = 50,
) -> None:
    """List runs of the last 90 days, the latest first."""
    request = pb.ListJobRunsRequest(workspace_id=session.workspace, job=job)
    rpc = session.stub(SchedulerServiceStub).ListJobRuns
    session.show(
        await listed(session, rpc, request, limit), lambda told, zone: _runs(told.runs, zone)
    )


async def _ended(session: Session, run: JobRun, seconds: float) -> JobRun:
    """Looks until the run has ended."""
    try:
        with waiting(f"waiting for {run.job}"):
            async with asyncio.timeout(seconds):
                while not (now := await _look(session, run)).HasField("end_time"):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as error:
        raise CommandError(
            f"{run.job} has not ended in time; `shadower jobs history {run.job}` shows how it does",
            exit_code=ExitCode.UNAVAILABLE,
        ) from error
    return now


async def _look(session: Session, run: JobRun) -> JobRun:
    request = pb.ListJobRunsRequest(workspace_id=session.workspace, job=run.job)
    rpc = session.stub(SchedulerServiceStub).ListJobRuns
    runs = (await session.ask(rpc, request)).runs
    return next((one for one in runs if one.planned_time == run.planned_time), run)


def _check(run: JobRun) -> None:
    """Raises CommandError for a run that is known to have failed."""
    if run.outcome in (RunOutcome.RUN_OUTCOME_FAILED, RunOutcome.RUN_OUTCOME_ABANDONED):
        raise CommandError(f"{run.job} failed: {run.error}")


def _jobs_view(answer: pb.ListJobsResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield from _jobs(answer.jobs, zone)


def _jobs(told: Iterable[Job], zone: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (
            one.name,
            "paused" if one.paused else "on",
            f"{one.schedule} ({one.time_zone})",
            time_if(one, "next_run_time", zone),
            time_if(one.last_run, "end_time", zone),
            _outcome(one.last_run) if one.HasField("last_run") else "",
        )
        for one in told
    )
    yield table(("job", "state", "schedule", "next", "last ended", "outcome"), rows)
    yield zoned(zone)


def _runs(told: Iterable[JobRun], zone: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (
            one.job,
            time(one.planned_time, zone),
            word(RunReason, one.reason, "RUN_REASON_"),
            time_if(one, "start_time", zone),
            time_if(one, "end_time", zone),
            str(one.attempts),
            _outcome(one),
            one.error,
        )
        for one in told
    )
    headings = ("job", "planned", "why", "began", "ended", ">attempts", "outcome", "error")
    yield table(headings, rows)
    yield zoned(zone)


def _outcome(run: JobRun) -> str:
    if run.outcome == RunOutcome.RUN_OUTCOME_UNSPECIFIED:
        return "goes on" if run.HasField("start_time") else "waits"
    return word(RunOutcome, run.outcome, "RUN_OUTCOME_")
