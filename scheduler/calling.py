"""Does a job: its RPC for each workspace, by the mesh."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import grpc

from scheduler.job import Job
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.mesh_tokens import MeshTokens
from services.warehouse.schedule.runs import Run

SUBJECT = "scheduler"
IDEMPOTENCY_HEADER = "x-shadower-idempotency-key"
AT_ONCE = 4
"""Calls of a job. What they ask for is dear, and can wait."""
TOLD = 3


class AllWorkspaces(Protocol):
    """Those that a job is done in."""

    def pages(self) -> AsyncIterator[list[str]]: ...


class JobError(Exception):
    """It could not be done in all workspaces."""

    def __init__(self, failures: dict[str, str]) -> None:
        told = "; ".join(f"{where}: {why}" for where, why in list(failures.items())[:TOLD])
        more = f"; and {len(failures) - TOLD} more" if len(failures) > TOLD else ""
        super().__init__(f"{len(failures)} workspaces failed: {told}{more}")
        self.workspaces = list(failures)


@dataclass
class Done:
    """Why it failed, by workspaces, and those whose last answer said that some remain."""

    failures: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Caller:
    """Calls services in the name of the scheduler, with a token for one workspace each."""

    channel: grpc.aio.Channel
    tokens: MeshTokens
    workspaces: AllWorkspaces

    async def do(self, job: Job, run: Run, only: Sequence[str] | None = None) -> str:
        """In those workspaces, or in all. Where there is more to do after many calls; "" if there
        is not. Raises JobError, and a Fault if nobody can say which workspaces there are."""
        done = Done()
        async for page in self._pages(job, only):
            await self._do_in(job, run, page, done)
        if done.failures:
            raise JobError(done.failures)
        return f"some remain in {', '.join(done.left[:TOLD])}" if done.left else ""

    def _pages(self, job: Job, only: Sequence[str] | None) -> AsyncIterator[list[str]]:
        if job.is_for_all:
            return _one_page([SYSTEM_WORKSPACE])
        return self.workspaces.pages() if only is None else _one_page(only)

    async def _do_in(self, job: Job, run: Run, workspaces: Iterable[str], done: Done) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def do_one(workspace_id: str) -> None:
            async with room:
                await self._ask(job, run, workspace_id, done)

        async with asyncio.TaskGroup() as group:
            for workspace_id in workspaces:
                group.create_task(do_one(workspace_id))

    async def _ask(self, job: Job, run: Run, workspace_id: str, done: Done) -> None:
        metadata = self._metadata(job, run, workspace_id)
        options = {"timeout": job.deadline.total_seconds(), "metadata": metadata}
        is_left = False
        try:
            async for answer in job.ask(self.channel, workspace_id, options):
                is_left = bool(getattr(answer, "remaining", False))
        except grpc.aio.AioRpcError as failed:
            done.failures[workspace_id] = f"{failed.code().name} {failed.details()}"
        else:
            done.left += [workspace_id] if is_left else []

    def _metadata(self, job: Job, run: Run, workspace_id: str) -> tuple[tuple[str, str], ...]:
        token = self.tokens.issue(SUBJECT, workspace_id, [job.permission])
        key = f"{job.name}/{run.planned_at.isoformat()}/{workspace_id}"
        return (("authorization", f"Bearer {token.text}"), (IDEMPOTENCY_HEADER, key))


async def _one_page(workspaces: Sequence[str]) -> AsyncIterator[list[str]]:
    yield list(workspaces)
