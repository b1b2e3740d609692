"""Waits until what was acknowledged has gone all the way."""

import asyncio
from uuid import UUID

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.runtime.settings import Settings
from tools.faults.system import System

LOOK_AGAIN_SECONDS = 0.5
LOG_TOPIC = Settings.model_fields["log_topic"].default
LOG_PARTITIONS = Settings.model_fields["topic_partitions"].default
POSITIONS = "select partition, next_offset from shadower.log_positions where topic = %s"
HAPPENED = "select event_id from shadower.outbox where only_group is null"


async def until_drained(system: System) -> None:
    if system.brokers:
        await _until_log_is_written(system)
    while not await asyncio.to_thread(_everybody_knows, system):  # noqa: ASYNC110 - in other processes
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _until_log_is_written(system: System) -> None:
    ends = (await _ends_of_log(system.brokers)).items()
    while not ends <= (await asyncio.to_thread(_positions, system)).items():  # noqa: ASYNC110
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _ends_of_log(brokers: str) -> dict[int, int]:
    """The end of each partition that has anything."""
    partitions = [TopicPartition(LOG_TOPIC, number) for number in range(LOG_PARTITIONS)]
    async with AIOKafkaConsumer(bootstrap_servers=brokers) as consumer:
        # Of a topic that it was not told of, it knows no partition.
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
    return {partition.partition: end for partition, end in ends.items() if end}


def _positions(system: System) -> dict[int, int]:
    with psycopg.connect(system.database_url) as connection:
        return dict(connection.execute(POSITIONS, [LOG_TOPIC]).fetchall())


def _everybody_knows(system: System) -> bool:
    """Nothing new happens by now, so who knows all of it knows it for good."""
    with psycopg.connect(system.database_url) as connection:
        happened = {event_id for (event_id,) in connection.execute(HAPPENED)}
    return all(
        happened <= {UUID(line) for line in file.read_text().split()}
        for file in system.subscribers.values()
    )
