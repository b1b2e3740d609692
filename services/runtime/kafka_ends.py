"""Where a topic ends at the moment."""

import asyncio
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.partitioner import DefaultPartitioner

from services.runtime.kafka import Consumer, bounded, new_consumer
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
