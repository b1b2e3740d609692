"""A member of a group of subscribers on Kafka."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.runtime.bus.attempts import (
    GROUP,
    LAG,
    LAG_MEANING,
    USUAL_BACKOFF,
    Backoff,
    Place,
    lasting_failure,
    not_handled,
)
from services.runtime.bus.dead_letter import DeadLetter, Source, workspace_of_key
from services.runtime.bus.envelope import decode
from services.runtime.bus.event import BusEvent, Handler
from services.runtime.bus.traces import handling
from services.runtime.faults import InvalidArgument, Unavailable
from services.runtime.kafka import Consumer, open_consumer
from services.runtime.kafka_traces import traceparent_of
from services.runtime.patience import Patience
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.tallies import Labels

PAUSE_SECONDS = 1.0
POLL_MS = 1_000
# Handled between two commits, so also the most that is handled again after a death.
MAX_RECORDS = 50

Bury = Callable[[DeadLetter], Awaitable[None]]
"""Files a letter durably. Raises Unavailable."""


class KafkaGroup:
    """A GroupSubscriber. Commits what is handled or buried, and nothing else."""

    def __init__(
        self, settings: Settings, group: str, bury: Bury, backoff: Backoff = USUAL_BACKOFF
    ) -> None:
        self._settings = settings
        self._group = group
        self._bury = bury
        self._backoff = backoff
        self._consumer: Consumer = None
        self._passed: dict[TopicPartition, int] = {}
        instruments().gauge(LAG, "{event}", LAG_MEANING, (GROUP,), self._lag)

    async def run(self, handler: Handler) -> None:
        log = structlog.get_logger("bus").bind(group=self._group)
        patience = Patience(log, "out of the group; joining again")
        while True:
            try:
                await self._take_part(handler, patience)
            except (KafkaError, OSError) as broken:
                await patience.wait(broken)

    async def _take_part(self, handler: Handler, patience: Patience) -> None:
        topic = self._settings.bus_topic
        async with open_consumer(self._settings, self._group, topic) as consumer:
            self._consumer, self._passed = consumer, {}
            while True:
                batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_RECORDS)
                patience.is_rewarded()
                for partition, records in batches.items():
                    await self._pass(consumer, handler, partition, records)

    async def _pass(
        self,
        consumer: Consumer,
        handler: Handler,
        partition: TopicPartition,
        records: Sequence[Any],
    ) -> None:
        """Moves the partition on behind what is done; the rest of it is read again."""
        following = self._passed[partition] = records[0].offset
        try:
            for record in records:
                await self._handle(handler, record)
                following = record.offset + 1
        except Unavailable:
            consumer.seek(partition, following)
            await asyncio.sleep(PAUSE_SECONDS)
        self._passed[partition] = following
        await consumer.commit({partition: following})

    def _lag(self) -> Iterable[tuple[Labels, float]]:
        """Of the partitions that this member has, as far as it has read any of them."""
        if self._consumer is None:
            return []
        mine = [one for one in self._consumer.assignment() if one in self._passed]
        if not mine:
            return []
        ends = {one: self._consumer.highwater(one) or 0 for one in mine}
        return [((self._group,), sum(max(ends[one] - self._passed[one], 0) for one in mine))]

    async def _handle(self, handler: Handler, record: Any) -> None:
        try:
            event = decode(record.value, record.key, record.offset, traceparent_of(record))
        except InvalidArgument as unreadable:
            await self._bury(self._unreadable(record, unreadable))
            return
        if event.group in ("", self._group):
            await self._tell(handler, event, record)

    async def _tell(self, handler: Handler, event: BusEvent, record: Any) -> None:
        with handling(event, self._group) as span:
            failure = await lasting_failure(handler, event, self._group, self._backoff)
            if failure is not None:
                span.fail(type(failure).__qualname__)
        if failure is not None:
            attempts = self._backoff.attempts
            await self._bury(not_handled(event, self._group, _place(record), attempts, failure))

    def _unreadable(self, record: Any, why: InvalidArgument) -> DeadLetter:
        return DeadLetter(
            workspace_id=workspace_of_key(record.key),
            source=Source.BUS,
            reason=why.reason,
            message=why.message,
            payload=record.value or b"",
            position=record.offset,
            key=record.key,
            topic=record.topic,
            partition=record.partition,
            group=self._group,
        )


def _place(record: Any) -> Place:
    return Place(record.offset, record.value, record.key, record.topic, record.partition)
