"""Replicas of the scheduler over one database, on a clock that tests set."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler.calling import JobError
from scheduler.jobs import JOBS, Job
from scheduler.running import Runner
from scheduler.schedule import Schedule
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.warehouse.database import Database
from services.warehouse.schedule.leases import Lease
from services.warehouse.schedule.runs import Run, Runs, list_runs
from tests.support.bus import database_of

LIFE = timedelta(seconds=30)
NO_DELAY = (0.0, 0.0)


@dataclass
class Time:
    """A clock that is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Work:
    """Does jobs by noting them."""

    done: list[tuple[str, datetime]] = field(default_factory=list)
    asked: list[Sequence[str] | None] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    breaks: list[Exception] = field(default_factory=list)
    dies: bool = False
    left: str = ""
    halts: asyncio.Event | None = None
    """Where a process that is stopped waits until it goes on."""
    halts_now: asyncio.Event = field(default_factory=asyncio.Event)

    async def do(self, job: Job, run: Run, only: Sequence[str] | None = None) -> str:
        self.asked.append(only)
        if self.dies:
            raise asyncio.CancelledError
        if self.halts:
            self.halts_now.set()
            await self.halts.wait()
        if self.breaks:
            raise self.breaks.pop(0)
        if self.failures:
            raise JobError(self.failures.pop(0))
        self.done.append((job.name, run.planned_at))
        return self.left


@dataclass
class House:
    """Replicas over one database."""

    database: Database
    time: Time
    work: Work = field(default_factory=Work)
    jobs: Mapping[str, Job] = field(default_factory=lambda: dict(JOBS))

    def lease(self, holder: str, life: timedelta = LIFE) -> Lease:
        return Lease(self.database, SYSTEM_WORKSPACE, "scheduler", holder, life)

    async def leader(self, holder: str, life: timedelta = LIFE) -> Runner:
        """Who leads from now on, whoever did before."""
        lease = self.lease(holder, life)
        async with self.database.writing(SYSTEM_WORKSPACE) as session:
            await session.connection.execute("update schedule_leases set expires_at = now()")
        fence = await lease.take()
        assert fence is not None
        schedule = Schedule(self.database, SYSTEM_WORKSPACE, self.jobs, self.time)
        return Runner(schedule, Runs(lease, fence), self.work, NO_DELAY)

    async def ledger(self) -> list[Run]:
        async with self.database.reading(SYSTEM_WORKSPACE) as session:
            return await list_runs(session, "", None, 1_000)

    async def events(self) -> list[Any]:
        async with self.database.reading(SYSTEM_WORKSPACE) as session:
            found: list[Any] = await session.connection.fetch(
                "select type, data from outbox where workspace_id = $1", SYSTEM_WORKSPACE
            )
        return found


@asynccontextmanager
async def house_of(url: str, jobs: Mapping[str, Job] = JOBS) -> AsyncIterator[House]:
    """In which all jobs are known, and no time of theirs has come."""
    async with database_of(url) as database:
        house = House(database, Time(datetime.now(UTC)), jobs=dict(jobs))
        await (await house.leader("first")).schedule.settings()
        yield house
