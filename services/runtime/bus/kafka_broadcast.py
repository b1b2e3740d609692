"""Every event of the bus, from now on, for one process, from Kafka."""

from collections.abc import Callable
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from services.runtime.bus.attempts import failure_of
from services.runtime.bus.envelope import decode
from services.runtime.bus.event import Handler
from services.runtime.bus.traces import handling
from services.runtime.faults import InvalidArgument
from services.runtime.kafka import Consumer, open_consumer
from services.runtime.kafka_traces import traceparent_of
from services.runtime.patience import Patience
from services.runtime.settings import Settings


class KafkaBroadcast:
    """A BroadcastSubscriber: a consumer of its own, of no group, that begins at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def run(self, handler: Handler, resumed: Callable[[], None]) -> None:
        patience = Patience(structlog.get_logger("bus"), "not listening; beginning again")

        def begun() -> None:
            patience.is_rewarded()
            resumed()

        while True:
            try:
                await self._listen(handler, begun)
            except (KafkaError, OSError) as broken:
                await patience.wait(broken)

    async def _listen(self, handler: Handler, resumed: Callable[[], None]) -> None:
        topic = self._settings.bus_topic
        from_now_on = {"auto_offset_reset": "latest"}
        async with open_consumer(self._settings, None, topic, **from_now_on) as consumer:
            await _begin_at_the_end(consumer)
            resumed()
            async for record in consumer:
                await _tell(handler, record)


async def _begin_at_the_end(consumer: Consumer) -> None:
    """Returns when the place is known from which on nothing will be missed."""
    for partition in consumer.assignment():
        await consumer.position(partition)


async def _tell(handler: Handler, record: Any) -> None:
    """Whatever cannot be read, or fails, has a dead letter by the groups that it matters to."""
    try:
        event = decode(record.value, record.key, record.offset, traceparent_of(record))
    except InvalidArgument:
        return
    if event.group:
        return
    with handling(event):
        failure = await failure_of(handler, event)
    if failure is not None:
        structlog.get_logger("bus").error("event not heard", exc_info=failure)
