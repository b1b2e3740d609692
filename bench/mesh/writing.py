"""Producers through the edge: each sends its batch again until it is acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import grpc
from shadower.ingest.v1 import ingest_service_pb2 as pb
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub

from bench.mesh.questions import WORKSPACE
from bench.runs import generated_runs
from bench.stack import Stack

PRODUCERS = 4
BATCH = 5
PAUSE_SECONDS = 0.1
CALL_SECONDS = 10
# What the contract says may pass.
PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
)
STORED = "select execution_id from shadower.executions where workspace_id = $1"


@dataclass
class Writers:
    """What was acknowledged to them, and how often they had to send something again."""

    stub: Any
    metadata: tuple[tuple[str, str], ...]
    ended: asyncio.Event
    acknowledged: list[str] = field(default_factory=list)
    sent_again: int = 0
    _numbers: "count[int]" = field(default_factory=count)

    @classmethod
    @asynccontextmanager
    async def of(cls, stack: Stack, ended: asyncio.Event) -> AsyncIterator["Writers"]:
        """They go on until it has ended; what is under way then is sent to its end."""
        edge = urlsplit(stack.edge)
        token = stack.token(WORKSPACE)
        async with grpc.aio.insecure_channel(f"{edge.hostname}:{edge.port}") as channel:
            metadata = (("authorization", f"Bearer {token}"),)
            writers = cls(IngestServiceStub(channel), metadata, ended)
            async with asyncio.TaskGroup() as group:
                for _ in range(PRODUCERS):
                    group.create_task(writers._write())
                yield writers

    async def _write(self) -> None:
        while not self.ended.is_set():
            await self._deliver(self._batch())
            await asyncio.sleep(PAUSE_SECONDS)

    def _batch(self) -> pb.RecordExecutionsRequest:
        number = next(self._numbers)
        request = pb.RecordExecutionsRequest(workspace_id=WORKSPACE)
        for place, run in enumerate(generated_runs(BATCH, datetime.now(UTC), seed=number)):
            request.executions.append(run)
            request.executions[-1].execution_id = f"rolling-{number}-{place}"
        return request

    async def _deliver(self, request: pb.RecordExecutionsRequest) -> None:
        while not await self._is_taken(request):
            self.sent_again += 1
            await asyncio.sleep(PAUSE_SECONDS)
        self.acknowledged += [one.execution_id for one in request.executions]

    async def _is_taken(self, request: pb.RecordExecutionsRequest) -> bool:
        try:
            await self.stub.RecordExecutions(request, metadata=self.metadata, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as failed:
            if failed.code() not in PASSING:
                raise
            return False
        return True


async def lost(stack: Stack, workspace: str, acknowledged: Collection[str]) -> int:
    """How many of them are not stored."""
    # Workspaces are hidden from who does not name them.
    named = {"shadower.workspace_id": workspace}
    database: Any = await asyncpg.connect(stack.state["database_url"], server_settings=named)
    try:
        stored = {row[0] for row in await database.fetch(STORED, workspace)}
    finally:
        await database.close()
    return len(set(acknowledged) - stored)
