"""Waits until what was acknowledged has gone all the way."""

import asyncio

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.runtime.settings import Settings
from tools.faults.system import System

LOOK_AGAIN_SECONDS = 0.5
POSITIONS = "select partition, next_offset from shadower.log_positions where topic = %s"


async def until_drained(system: System) -> None:
    if system.brokers:
        await _until_log_is_written(system)


async def _until_log_is_written(system: System) -> None:
    topic = Settings.model_fields["log_topic"].default
    async with AIOKafkaConsumer(bootstrap_servers=system.brokers) as consumer:
        partitions = [TopicPartition(topic, n) for n in await _numbers(consumer, topic)]
        ends = await consumer.end_offsets(partitions)
    wanted = {partition.partition: end for partition, end in ends.items() if end}
    while wanted.items() - (await asyncio.to_thread(_positions, system, topic)).items():  # noqa: ASYNC110 - another process's
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _numbers(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer.topics()
    return set(consumer.partitions_for_topic(topic) or ())


def _positions(system: System, topic: str) -> dict[int, int]:
    with psycopg.connect(system.database_url) as connection:
        return dict(connection.execute(POSITIONS, [topic]).fetchall())
