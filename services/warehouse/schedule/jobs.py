"""What was set of jobs, and the workspaces that they are done in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.runtime.pool import Pool
from services.warehouse.database import Session, driver_errors_as_faults
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
PAGE = 1_000


@dataclass(frozen=True)
class SetJob:
    """A job as somebody set it; without a schedule or a time zone, it has its default."""

    schedule: str | None
    time_zone: str | None
    is_paused: bool
    since: datetime
    """Times before are not caught up."""


async def list_set_jobs(session: Session) -> dict[str, SetJob]:
    """By name."""
    rows = await session.connection.fetch(QUERIES["list_set"], session.workspace_id)
    return {row["job"]: _set_job(row) for row in rows}


async def note_job(session: Session, job: str) -> None:
    """Its times count from now on, unless it is known already."""
    await session.connection.execute(QUERIES["note"], session.workspace_id, job)


async def pause_job(session: Session, job: str) -> None:
    await session.connection.execute(QUERIES["pause"], session.workspace_id, job)


async def resume_job(session: Session, job: str) -> None:
    await session.connection.execute(QUERIES["resume"], session.workspace_id, job)


async def reschedule_job(
    session: Session, job: str, schedule: str | None, time_zone: str | None
) -> None:
    await session.connection.execute(
        QUERIES["reschedule"], session.workspace_id, job, schedule, time_zone
    )


def _set_job(row: Any) -> SetJob:
    return SetJob(row["schedule"], row["time_zone"], row["is_paused"], row["since"])


class Workspaces:
    """All that there are. Its pool's role may see their ids, and nothing else of them."""

    def __init__(self, pool: Pool, page: int = PAGE) -> None:
        self._pool = pool
        self._page = page

    async def pages(self) -> AsyncIterator[list[str]]:
        last = ""
        while True:
            with driver_errors_as_faults():
                rows = await self._pool.fetch(QUERIES["list_workspaces"], last, self._page)
            if not rows:
                return
            yield [row["workspace_id"] for row in rows]
            last = rows[-1]["workspace_id"]
