"""From the outbox to Kafka, in the order of the outbox."""

from collections.abc import Sequence

from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.bus.envelope import encode
from services.runtime.bus.event import BusEvent
from services.runtime.kafka_sender import KafkaSender
from services.runtime.kafka_traces import Record
from services.warehouse.bus.outbox import Entry

GROUP = "relay"


class ToKafka:
    """What the relay does with what it reads. A repetition has the same event's id."""

    portion = 500

    def __init__(self, sender: KafkaSender, topic: str) -> None:
        self._sender = sender
        self._topic = topic

    def heeds(self, _: BusEvent) -> bool:
        """Kafka gets all; those who read there choose."""
        return True

    async def deliver(self, entries: Sequence[Entry]) -> list[DeadLetter]:
        """Raises Unavailable if Kafka does not take them; they wait in the outbox then."""
        await self._sender.send(self._topic, [_record(entry.event) for entry in entries])
        return []


def _record(event: BusEvent) -> Record:
    """In the trace in which the event happened, if it did in one."""
    return Record(event.workspace_id.encode(), encode(event), event.traceparent)
