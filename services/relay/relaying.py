"""From the outbox to Kafka, in the order of the outbox."""

from collections.abc import Sequence

from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.bus.envelope import encode
from services.runtime.kafka_sender import KafkaSender, Record
from services.warehouse.bus.outbox import Entry

GROUP = "relay"


class ToKafka:
    """What the relay does with what it reads. A repetition has the same event's id."""

    portion = 500

    def __init__(self, sender: KafkaSender, topic: str) -> None:
        self._sender = sender
        self._topic = topic

    async def deliver(self, entries: Sequence[Entry]) -> list[DeadLetter]:
        """Raises Unavailable if Kafka does not take them; they wait in the outbox then."""
        events = [entry.event for entry in entries]
        records = [Record(event.workspace_id.encode(), encode(event)) for event in events]
        await self._sender.send(self._topic, records)
        return []
