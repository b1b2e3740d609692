"""Into the log: durable there, and written by the writer a moment later."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager

from services.ingest.arrival import MAX_ENTRY_BYTES, Arrival
from services.ingest.intake.backlog import Backlog
from services.runtime.failpoints import Failpoints
from services.runtime.kafka_sender import KafkaSender, open_sender
from services.runtime.kafka_traces import Record
from services.runtime.settings import Settings


class LogIntake:
    """An Intake. The log's key is the workspace, so what is of one workspace keeps its order."""

    def __init__(
        self, sender: KafkaSender, topic: str, backlog: Backlog, failpoints: Failpoints
    ) -> None:
        self._sender = sender
        self._topic = topic
        self._backlog = backlog
        self._failpoints = failpoints

    async def take(self, arrival: Arrival) -> None:
        """An arrival that is too large for one entry is several, each of them durable."""
        parts = list(_entries(arrival))
        self._backlog.enter(arrival)
        with ExitStack() as room:
            room.callback(self._backlog.leave, arrival)
            sent = [await self._sender.post(self._topic, one) for one in parts]
            # What the log has not answered for keeps its room, also when its caller gives up.
            until_sent = room.pop_all()
        asyncio.gather(*sent, return_exceptions=True).add_done_callback(
            lambda _: until_sent.close()
        )
        await self._sender.wait(sent)
        self._failpoints.reach("log.appended")


def _entries(arrival: Arrival) -> Iterator[Record]:
    value = arrival.log_record().SerializeToString()
    if len(value) <= MAX_ENTRY_BYTES or arrival.items < 2:
        yield Record(arrival.workspace_id.encode(), value)
        return
    for half in arrival.halves():
        yield from _entries(half)


@asynccontextmanager
async def open_log_intake(
    settings: Settings, backlog: Backlog, failpoints: Failpoints
) -> AsyncIterator[LogIntake]:
    async with open_sender(settings) as sender:
        yield LogIntake(sender, settings.log_topic, backlog, failpoints)
