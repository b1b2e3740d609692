"""The ledger of runs. Only whoever holds the lease writes what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.warehouse.bus.publishing import Published, publish
from services.warehouse.database import Session
from services.warehouse.schedule.leases import FencedError, Lease
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
SUCCEEDED, FAILED = "succeeded", "failed"
LONGEST_ERROR = 500
MOST_JUDGED = 1_000


@dataclass(frozen=True)
class Run:
    """A time of a job."""

    job: str
    planned_at: datetime
    reason: str = "schedule"
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    error: str = ""


class Runs:
    """Of one holder of the lease, as long as its fence holds: else each raises FencedError."""

    def __init__(self, lease: Lease, fence: int) -> None:
        self._lease = lease
        self._fence = fence

    async def begin(self, job: str, planned_at: datetime) -> Run | None:
        """None if that time of the job has a run already."""
        async with self._lease.database.writing(self._lease.workspace_id) as session:
            await self._lease.hold(session, self._fence)
            is_begun = await session.connection.fetchval(
                QUERIES["begin"], session.workspace_id, job, planned_at, self._fence
            )
        return Run(job, planned_at, attempts=1) if is_begun else None

    async def adopt(self, jobs: Iterable[str]) -> list[Run]:
        """Begins what was asked for, and again what others did not end, of jobs that are known.
        What nobody knows is not left open for ever."""
        known = list(jobs)
        async with self._lease.database.writing(self._lease.workspace_id) as session:
            await self._lease.hold(session, self._fence)
            await session.connection.execute(QUERIES["abandon"], session.workspace_id, known)
            rows = await session.connection.fetch(
                QUERIES["adopt"], session.workspace_id, self._fence, known
            )
        return [run_of(row) for row in rows]

    async def begin_again(self, run: Run) -> None:
        async with self._lease.database.writing(self._lease.workspace_id) as session:
            await self._change(session, "begin_again", run)

    async def succeed(self, run: Run, left: str = "") -> None:
        """And what it left for the next time."""
        async with self._lease.database.writing(self._lease.workspace_id) as session:
            await self._change(session, "finish", run, SUCCEEDED, left[:LONGEST_ERROR])

    async def fail(self, run: Run, error: str) -> None:
        """Tells it by an event, too."""
        told = error[:LONGEST_ERROR]
        data = {"job": run.job, "plannedTime": run.planned_at.isoformat(), "error": told}
        async with self._lease.database.writing(self._lease.workspace_id) as session:
            await self._change(session, "finish", run, FAILED, told)
            await publish(session, Published("system.error", data))

    async def _change(self, session: Session, query: str, run: Run, *more: str) -> None:
        await self._lease.hold(session, self._fence)
        key = (session.workspace_id, run.job, run.planned_at, self._fence)
        if not await session.connection.fetchval(QUERIES[query], *key, *more):
            raise FencedError(f"the run of {run.job} is not fence {self._fence}'s any more")


async def runs_to_judge(session: Session) -> list[Run]:
    """What has ended since this was asked last, the earliest first, if the session commits."""
    rows = await session.connection.fetch(QUERIES["judge"], session.workspace_id, MOST_JUDGED)
    return [run_of(row) for row in rows]


async def request_run(session: Session, job: str) -> Run:
    row = await session.connection.fetchrow(QUERIES["request"], session.workspace_id, job)
    return run_of(row)


async def last_planned(session: Session, job: str) -> datetime | None:
    """By its schedule."""
    time: datetime | None = await session.connection.fetchval(
        QUERIES["last_planned"], session.workspace_id, job
    )
    return time


async def list_runs(
    session: Session, job: str, before: tuple[datetime, str] | None, limit: int
) -> list[Run]:
    """The latest first, behind a place; of all jobs if none is named."""
    time, name = before or (None, "")
    rows = await session.connection.fetch(
        QUERIES["list_runs"], session.workspace_id, job, time, name, limit
    )
    return [run_of(row) for row in rows]


async def last_successes(session: Session, jobs: Iterable[str]) -> dict[str, datetime]:
    """When each job succeeded last that did, by its name."""
    rows = await session.connection.fetch(
        QUERIES["last_successes"], session.workspace_id, list(jobs)
    )
    return {row["job"]: row["ended_at"] for row in rows}


async def last_runs(session: Session, jobs: Iterable[str]) -> dict[str, Run]:
    """Of each job that had one, by its name."""
    rows = await session.connection.fetch(QUERIES["last_runs"], session.workspace_id, list(jobs))
    return {row["job"]: run_of(row) for row in rows}


def run_of(row: Any) -> Run:
    named = {name: row[name] for name in Run.__dataclass_fields__}
    return Run(**named | {"outcome": row["outcome"] or ""})
