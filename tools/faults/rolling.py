"""Rolls up while everything dies, and proves in the end that what is rolled up is right."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import grpc
from shadower.aggregates.v1 import aggregates_service_pb2 as pb
from shadower.aggregates.v1.aggregates_service_pb2_grpc import AggregatesServiceStub

CALL_SECONDS = 60


@dataclass(frozen=True)
class Rolled:
    """How many cells a recount has, and what it says of those that are wrong."""

    cells: int
    wrong: Sequence[str]


@dataclass
class Rolling:
    """Asks for all that is missing, again and again, until `stopped` is set."""

    address: str
    token: Callable[[], str]
    workspaces: Sequence[str]
    rest_seconds: float
    stopped: asyncio.Event

    async def run(self) -> None:
        """Whatever becomes of a call, the next one goes on where it was."""
        async with self._stub() as stub:
            for workspace in cycle(self.workspaces):
                await self._try(stub, workspace)
                if self.stopped.is_set():
                    return
                if workspace == self.workspaces[-1]:
                    await asyncio.sleep(self.rest_seconds)

    async def _try(self, stub: Any, workspace: str) -> None:
        try:
            await self._roll(stub, workspace)
        except grpc.aio.AioRpcError:
            return

    async def prove(self) -> Rolled:
        """Rolls up what is left, and recounts. Nobody must be at work any more."""
        cells, wrong = 0, []
        async with self._stub() as stub:
            for workspace in self.workspaces:
                await self._roll(stub, workspace)
                request = pb.VerifyRollupsRequest(workspace_id=workspace)
                async for found in stub.VerifyRollups(request, **self._how()):
                    cells += found.cells
                    wrong += [f"{workspace}: {found}"] if found.differing else []
        return Rolled(cells, wrong)

    async def _roll(self, stub: Any, workspace: str) -> None:
        request = pb.RollUpRequest(workspace_id=workspace)
        async for _ in stub.RollUp(request, **self._how()):
            pass

    def _how(self) -> dict[str, Any]:
        metadata = (("authorization", f"Bearer {self.token()}"),)
        return {"metadata": metadata, "timeout": CALL_SECONDS, "wait_for_ready": True}

    @asynccontextmanager
    async def _stub(self) -> AsyncIterator[Any]:
        async with grpc.aio.insecure_channel(self.address) as channel:
            yield AggregatesServiceStub(channel)
