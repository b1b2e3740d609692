"""Where a topic ends at the moment."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.partitioner import DefaultPartitioner

from services.runtime.kafka import Consumer, bounded, new_consumer, open_admin
from services.runtime.settings import Settings

SECONDS = 3.0


class End(NamedTuple):
    """The offset that the next record of a partition will have."""

    topic: str
    partition: int
    offset: int


async def end_for_key(settings: Settings, topic: str, key: bytes) -> End:
    """Of the partition in which records of the key lie.

    Raises KafkaError, or TimeoutError if the topic or its broker is away.
    """
    consumer = new_consumer(settings, None)
    try:
        async with asyncio.timeout(SECONDS):
            await consumer.start()
            return await _end(consumer, topic, key)
    finally:
        await bounded(consumer.stop())


async def _end(consumer: Consumer, topic: str, key: bytes) -> End:
    # How many partitions there are is known as soon as one of them has been asked for.
    await consumer.end_offsets([TopicPartition(topic, 0)])
    partitions = sorted(consumer.partitions_for_topic(topic) or ())
    if not partitions:
        raise UnknownTopicOrPartitionError(topic)
    partition = TopicPartition(topic, DefaultPartitioner()(key, partitions, partitions))
    ends = await consumer.end_offsets([partition])
    return End(topic, partition.partition, ends[partition])


class TopicEnds:
    """Asks anew each time. What was acknowledged before it was asked lies before an end."""

    def __init__(self, topic: str, admin: Any, consumer: Consumer) -> None:
        self._topic = topic
        self._admin = admin
        self._consumer = consumer

    async def count_partitions(self) -> int:
        """Those too that others may have heard of before us. Raises KafkaError."""
        [described] = await self._admin.describe_topics([self._topic])
        if not described["partitions"]:
            raise UnknownTopicOrPartitionError(self._topic)
        return 1 + max(int(one["partition"]) for one in described["partitions"])

    async def fetch(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Raises KafkaError."""
        ends: Mapping[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return ends


@asynccontextmanager
async def open_ends(settings: Settings, topic: str) -> AsyncIterator[TopicEnds]:
    """Raises KafkaError if no broker answers."""
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(open_admin(settings))
        # An end that waits for somebody's transaction would be before what others have sent since.
        consumer = new_consumer(settings, None, isolation_level="read_uncommitted")
        stack.push_async_callback(lambda: bounded(consumer.stop()))
        await consumer.start()
        yield TopicEnds(topic, admin, consumer)
