"""The scheduler as processes: one leads, another one does when it is killed."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from shadower.aggregates.v1.aggregates_service_pb2 import ListRollupsRequest
from shadower.aggregates.v1.aggregates_service_pb2_grpc import AggregatesServiceStub
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.scheduler.v1 import job_pb2
from shadower.scheduler.v1 import scheduler_service_pb2 as pb
from shadower.scheduler.v1.scheduler_service_pb2_grpc import SchedulerServiceStub

from scheduler.jobs import JOBS
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import execution, run
from tests.support.stack import Environment, Running, Stack, ready, start, stop_all

SYSTEM = {"workspace_id": SYSTEM_WORKSPACE}
TAKE_OVER_SECONDS = 10
HOURS = "roll_up_hours"
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


@pytest.fixture
def operator(keys: KeyRing) -> Any:
    permissions = ["jobs:read", "jobs:write", "rollups:read"]
    return keys.metadata(SYSTEM_WORKSPACE, role="viewer", permissions=permissions)


@dataclass(frozen=True)
class House:
    """Two schedulers, by their process ids, and what they call. Where the mesh would be, aggregates
    are. The first one dies when it has done a job, before it can say so; jobs have no times."""

    database_url: str
    ingest: Running
    aggregates: Running
    schedulers: dict[int, Running]

    async def leader(self) -> Running:
        """Of those that live, the one that holds the lease."""
        query = "select holder from shadower.schedule_leases where expires_at > now()"
        async with asyncio.timeout(TAKE_OVER_SECONDS + 10):
            while True:
                with psycopg.connect(self.database_url) as connection:
                    found = connection.execute(query).fetchone()
                one = self.schedulers.get(int(found[0].split("/")[1])) if found else None
                if one and one.process.poll() is None:
                    return one
                await asyncio.sleep(0.1)


@pytest.fixture
async def house(database_url: str, jwks_file: Path, tmp_path: Path) -> AsyncIterator[House]:
    environment = Environment(database_url, jwks_file, tmp_path)
    services = [start(name, environment) for name in ("ingest", "aggregates")]
    mesh = ("SHADOWER_MESH", services[1].address)
    dying = (mesh, ("SHADOWER_FAILPOINTS", "job.done=kill"))
    schedulers = [start("scheduler", Environment(database_url, jwks_file, tmp_path, dying))]
    _pause_all(database_url)
    house = House(database_url, *services, {one.process.pid: one for one in schedulers})
    try:
        await asyncio.gather(*map(ready, (*services, *schedulers)))
        await house.leader()
        schedulers.append(
            start("scheduler", Environment(database_url, jwks_file, tmp_path, (mesh,)))
        )
        await ready(schedulers[1])
        house.schedulers[schedulers[1].process.pid] = schedulers[1]
        yield house
    finally:
        stop_all(one for one in (*schedulers, *services) if one.process.poll() is None)


def _pause_all(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shadower.scheduled_jobs (workspace_id, job, is_paused)"
            " select %s, unnest(%s::text[]), true",
            [SYSTEM_WORKSPACE, list(JOBS)],
        )


def stub_of(replica: Running) -> Any:
    return SchedulerServiceStub(replica.channel())


async def done(stub: Any, operator: Any, asked: job_pb2.JobRun) -> job_pb2.JobRun:
    """A run, when it has ended."""
    request = pb.ListJobRunsRequest(**SYSTEM, job=asked.job)
    async with asyncio.timeout(30):
        while True:
            runs = (await stub.ListJobRuns(request, metadata=operator)).runs
            for run in runs:
                if run.planned_time == asked.planned_time and run.outcome:
                    return run
            await asyncio.sleep(0.1)


async def run_hours(replica: Running, operator: Any) -> job_pb2.JobRun:
    """Asks for it, and waits until it is done."""
    stub = stub_of(replica)
    asked = await stub.RunJob(pb.RunJobRequest(**SYSTEM, job_name=HOURS), metadata=operator)
    return await done(stub, operator, asked.run)


async def test_one_replica_leads_and_another_one_does_when_it_is_killed_amid_a_run(
    house: House, operator: Any, keys: KeyRing, workspace: str
) -> None:
    async with house.ingest.channel() as ingest, house.aggregates.channel() as aggregating:
        recorded = RecordExecutionsRequest(workspace_id=workspace, executions=[a_run()])
        metadata = keys.metadata(workspace)
        await IngestServiceStub(ingest).RecordExecutions(recorded, metadata=metadata)
        first = await house.leader()
        [other] = [one for one in house.schedulers.values() if one is not first]
        # Whoever is asked, the one that leads does it; and whoever leads then, ends it.
        asked = asyncio.create_task(run_hours(other, operator))
        assert await asyncio.to_thread(first.process.wait, 20) == -signal.SIGKILL
        killed = time.monotonic()
        assert await house.leader() is other
        assert time.monotonic() - killed < TAKE_OVER_SECONDS
        ended = await asked
        assert ended.outcome == job_pb2.RUN_OUTCOME_SUCCEEDED, ended.error
        assert ended.attempts == 2
        listed = ListRollupsRequest(workspace_id=workspace)
        aggregates: Any = AggregatesServiceStub(aggregating)
        assert (await aggregates.ListRollups(listed, metadata=metadata)).rollups
    assert (await run_hours(other, operator)).attempts == 1


def a_run() -> Any:
    return execution(run("run-1", datetime.now(UTC) - timedelta(days=1)))


async def test_jobs_are_listed_paused_and_rescheduled(stack: Stack, operator: Any) -> None:
    stub = stack.stubs.scheduler
    listed = await stub.ListJobs(pb.ListJobsRequest(**SYSTEM), metadata=operator)
    assert [job.name for job in listed.jobs] == sorted(JOBS)
    assert all(job.next_run_time.seconds > listed.as_of.seconds for job in listed.jobs)
    name = "refresh_summaries"
    asked = {**SYSTEM, "job_name": name}
    job = (await stub.PauseJob(pb.PauseJobRequest(**asked), metadata=operator)).job
    assert job.paused
    assert not job.HasField("next_run_time")
    job = (await stub.ResumeJob(pb.ResumeJobRequest(**asked), metadata=operator)).job
    assert not job.paused
    reschedule = pb.RescheduleJobRequest(
        **asked, schedule=" 7  3 * *  sun ", time_zone="Asia/Kathmandu"
    )
    job = (await stub.RescheduleJob(reschedule, metadata=operator)).job
    assert (job.schedule, job.default_schedule) == ("7 3 * * sun", "*/15 * * * *")
    assert (job.time_zone, job.default_time_zone) == ("Asia/Kathmandu", "UTC")
    # Always 5:45 ahead.
    assert job.next_run_time.ToDatetime().strftime("%a %H:%M") == "Sat 21:22"
    job = (await stub.RescheduleJob(pb.RescheduleJobRequest(**asked), metadata=operator)).job
    assert (job.schedule, job.time_zone) == (job.default_schedule, "UTC")
    for said, reason, field in (
        ({"schedule": "0 0 30 2 *"}, "SCHEDULE_INVALID", "schedule"),
        ({"time_zone": "Mars/Olympus"}, "VALIDATION_FAILED", "time_zone"),
    ):
        refusing = pb.RescheduleJobRequest(**asked, **said)
        found = await refused(stub.RescheduleJob(refusing, metadata=operator))
        assert (found.code, found.reason, found.fields) == (INVALID, reason, (field,))
    unknown = pb.RunJobRequest(**SYSTEM, job_name="nothing")
    found = await refused(stub.RunJob(unknown, metadata=operator))
    assert (found.code, found.reason) == (NOT_FOUND, "JOB_NOT_FOUND")


async def test_other_workspaces_have_no_jobs(stack: Stack, keys: KeyRing, workspace: str) -> None:
    metadata = keys.metadata(workspace, permissions=["jobs:read", "jobs:write"])
    request = pb.ListJobsRequest(workspace_id=workspace)
    assert not (await stack.stubs.scheduler.ListJobs(request, metadata=metadata)).jobs
    run = pb.RunJobRequest(workspace_id=workspace, job_name=HOURS)
    found = await refused(stack.stubs.scheduler.RunJob(run, metadata=metadata))
    assert (found.code, found.reason) == (NOT_FOUND, "JOB_NOT_FOUND")


async def test_runs_are_listed_by_pages(stack: Stack, operator: Any) -> None:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "insert into shadower.job_runs"
            " (workspace_id, job, planned_at, reason, outcome, ended_at)"
            " select %s, job, time, 'schedule', 'succeeded', time"
            " from unnest(array['pages_a', 'pages_b']) job,"
            " generate_series(now(), now() + '4 minutes', '1 minute') time",
            [SYSTEM_WORKSPACE],
        )
    seen: list[tuple[int, str]] = []
    request = pb.ListJobRunsRequest(**SYSTEM, page_size=3)
    while len(seen) < 10:
        page = await stack.stubs.scheduler.ListJobRuns(request, metadata=operator)
        seen += [
            (run.planned_time.ToNanoseconds(), run.job)
            for run in page.runs
            if run.job.startswith("pages_")
        ]
        request.page_token = page.next_page_token
    assert len(set(seen)) == 10
    assert seen == sorted(seen, reverse=True)
    only = pb.ListJobRunsRequest(**SYSTEM, job="pages_b")
    page = await stack.stubs.scheduler.ListJobRuns(only, metadata=operator)
    assert [run.job for run in page.runs] == ["pages_b"] * 5
    assert not page.next_page_token
    bad = pb.ListJobRunsRequest(**SYSTEM, page_token="x")
    found = await refused(stack.stubs.scheduler.ListJobRuns(bad, metadata=operator))
    assert found.reason == "PAGE_TOKEN_INVALID"
