"""Into the log: durable there, and written by the writer a moment later."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from services.ingest.arrival import Arrival
from services.ingest.intake.backlog import Backlog
from services.runtime.failpoints import Failpoints
from services.runtime.kafka_sender import (
    KafkaSender,
    Record,
    Sent,
    open_sender,
    wait_until_sent,
)
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
        sent = await self._posted(arrival)
        await wait_until_sent([sent])
        self._failpoints.reach("log.appended")

    async def _posted(self, arrival: Arrival) -> Sent:
        """What the log has not answered for takes room, also when its caller has given up."""
        with ExitStack() as room:
            self._backlog.enter(arrival)
            room.callback(self._backlog.leave, arrival)
            sent = await self._sender.post(self._topic, _record(arrival))
            until_sent = room.pop_all()
        sent.add_done_callback(lambda _: until_sent.close())
        return sent


def _record(arrival: Arrival) -> Record:
    return Record(arrival.workspace_id.encode(), arrival.log_record().SerializeToString())


@asynccontextmanager
async def open_log_intake(
    settings: Settings, backlog: Backlog, failpoints: Failpoints
) -> AsyncIterator[LogIntake]:
    async with open_sender(settings) as sender:
        yield LogIntake(sender, settings.log_topic, backlog, failpoints)
