"""Straight into the warehouse: what waits together is written together (group commit)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.ingest.arrival import Arrival
from services.ingest.intake.backlog import Backlog
from services.runtime.background import in_background
from services.runtime.faults import Unavailable
from services.runtime.telemetry.running import running_place
from services.runtime.telemetry.shapes import INTERNAL, Shape
from services.runtime.telemetry.together import together
from services.runtime.telemetry.traceparent import Place
from services.warehouse.facts.recorder import Batch, BatchRecorded, Recorder

# While one transaction waits for the disk, another can use the processor.
LANES = 2
# Beyond that a larger transaction is not faster any more.
MOST_ITEMS = 4_000
RECORD = Shape("record", INTERNAL)


@dataclass(frozen=True)
class _Waiting:
    """A batch whose caller waits for what becomes of it."""

    batch: Batch
    items: int
    outcome: "asyncio.Future[BatchRecorded]"
    place: Place
    """Where in a trace its caller waits."""


class DirectIntake:
    """An Intake. A lane takes all that has come while lanes were busy."""

    def __init__(self, recorder: Recorder, backlog: Backlog) -> None:
        self._recorder = recorder
        self._backlog = backlog
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()

    async def take(self, arrival: Arrival) -> BatchRecorded:
        self._backlog.enter(arrival)
        try:
            outcome: asyncio.Future[BatchRecorded] = asyncio.get_running_loop().create_future()
            waiting = _Waiting(arrival.batch(), arrival.items, outcome, running_place())
            self._queue.put_nowait(waiting)
            return await outcome
        finally:
            self._backlog.leave(arrival)

    async def run_lane(self) -> None:
        """Runs as long as the process does."""
        while True:
            await self._record(await self._next_group())

    async def _next_group(self) -> list[_Waiting]:
        group = [await self._queue.get()]
        items = group[0].items
        while items < MOST_ITEMS and not self._queue.empty():
            group.append(self._queue.get_nowait())
            items += group[-1].items
        return [one for one in group if not one.outcome.done()]

    async def _record(self, group: Sequence[_Waiting]) -> None:
        """Whatever goes wrong goes to the callers; a fault of one batch is not the others'."""
        if not group:
            return
        with together(RECORD, [one.place for one in group]):
            writing = asyncio.ensure_future(self._recorder.record([one.batch for one in group]))
            await _ended(writing)
        error = writing.exception()
        if error is None:
            _answer(group, writing.result())
        elif len(group) == 1 or isinstance(error, Unavailable):
            _refuse(group, error)
        else:
            for one in group:
                await self._record([one])


async def _ended(writing: "asyncio.Future[Any]") -> None:
    try:
        await asyncio.wait([writing])
    finally:
        writing.cancel()


def _answer(group: Sequence[_Waiting], recorded: Sequence[BatchRecorded]) -> None:
    for one, outcome in zip(group, recorded, strict=True):
        if not one.outcome.done():
            one.outcome.set_result(outcome)


def _refuse(group: Sequence[_Waiting], error: BaseException) -> None:
    for one in group:
        if not one.outcome.done():
            one.outcome.set_exception(error)


@asynccontextmanager
async def open_direct_intake(recorder: Recorder, backlog: Backlog) -> AsyncIterator[DirectIntake]:
    intake = DirectIntake(recorder, backlog)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(in_background(*(intake.run_lane() for _ in range(LANES))))
        yield intake
