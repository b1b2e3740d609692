"""A load on ingestion: several connections, each batch sent until it is acknowledged."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from typing import Any

import grpc

from bench.batches import SIZE, Template

CONNECTIONS = 4
IN_FLIGHT = 4
PATH = "/shadower.ingest.v1.IngestService/RecordExecutions"
BUSY = grpc.StatusCode.RESOURCE_EXHAUSTED
# What a refusal asks for is a second; the load would rather know the rate than be polite.
PAUSE_SECONDS = 0.05

Acknowledged = Callable[[int], None]


def _nobody(_: int) -> None:
    """Nobody wants to know which batches are acknowledged."""


@dataclass
class Load:
    """Sends batches of increasing numbers over its connections."""

    calls: Sequence[Any]
    metadata: Sequence[tuple[str, str]]
    templates: Sequence[Template]
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    acknowledged: Acknowledged = _nobody

    async def closed_loop(self, batches: int) -> float:
        """As fast as acknowledgements come. Rows per second."""
        left = iter(range(batches))
        started = time.perf_counter()
        workers = [self._work(call, left) for call in self.calls for _ in range(IN_FLIGHT)]
        await asyncio.gather(*workers)
        return batches * SIZE / (time.perf_counter() - started)

    async def open_loop(self, rows_per_second: float, seconds: float) -> None:
        """At a rate, whatever comes back when."""
        pause = SIZE / rows_per_second
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for turn in range(int(seconds / pause)):
                await asyncio.sleep(max(0, started + turn * pause - time.perf_counter()))
                group.create_task(self._send(self.calls[turn % len(self.calls)]))

    async def _work(self, call: Any, left: Any) -> None:
        for _ in left:
            await self._send(call)

    async def _send(self, call: Any) -> None:
        number = next(self.numbers)
        message = self.templates[number % len(self.templates)].numbered(number)
        while not await self._is_taken(call, message):  # noqa: ASYNC110 - nobody wakes us
            await asyncio.sleep(PAUSE_SECONDS)
        self.acknowledged(number)

    async def _is_taken(self, call: Any, message: bytes) -> bool:
        try:
            await call(message, metadata=self.metadata, timeout=30)
        except grpc.aio.AioRpcError as error:
            if error.code() is not BUSY:
                raise
            return False
        return True


@asynccontextmanager
async def open_load(
    addresses: Sequence[str], token: str, templates: Sequence[Template]
) -> AsyncIterator[Load]:
    """Its connections go to the replicas in turn."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    async with AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(address, options))
            for address in islice(cycle(addresses), CONNECTIONS)
        ]
        calls: list[Any] = [channel.unary_unary(PATH) for channel in channels]
        yield Load(calls, (("authorization", f"Bearer {token}"),), templates)
