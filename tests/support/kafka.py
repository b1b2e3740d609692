"""Real Kafka for tests: one that lasts for the session, and ones that a test may break."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.runtime.kafka import new_consumer, open_admin
from services.runtime.settings import Settings
from tools.kafka.cluster import Cluster, running_kafka
from tools.kafka.guard import Guard
from tools.kafka.jars import KafkaUnavailableError, fetched_jars, program

# Members that were killed are waited for. On a busy machine, those that live need some seconds;
# and brokers of others allow no less than six.
SHORT_SESSION = ("SHADOWER_KAFKA_SESSION_SECONDS", "6" if os.environ.get("KAFKA_BROKERS") else "4")


@contextmanager
def brokers_to_share(directory: Path) -> Iterator[str]:
    """Those that KAFKA_BROKERS names, or a node of our own."""
    given = os.environ.get("KAFKA_BROKERS")
    if given:
        yield given
        return
    with kafka_of_our_own(directory) as cluster:
        yield cluster.brokers


@contextmanager
def kafka_of_our_own(
    directory: Path, nodes: int = 1, guard: Guard | None = None
) -> Iterator[Cluster]:
    require_kafka()
    with running_kafka(directory, nodes, guard=guard) as cluster:
        yield cluster


def require_kafka() -> None:
    """Skips the test where there is no Java; but a run that must test everything fails."""
    try:
        program("java")
        fetched_jars()
    except KafkaUnavailableError as missing:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(str(missing))


def kafka_settings(brokers: str, **given: Any) -> Settings:
    """Of a process that has to do with Kafka alone."""
    elsewhere = {"DATABASE_URL": "postgresql://unused", "jwks_file": Path("unused")}
    return Settings(KAFKA_BROKERS=brokers, **elsewhere, **given)


async def kept_records(settings: Settings, topic: str) -> list[bytes]:
    """Every record that the topic holds now, partition by partition."""
    async with new_consumer(settings, None) as consumer:
        partitions = [TopicPartition(topic, n) for n in range(settings.topic_partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        return [value for p in partitions for value in await _until(consumer, p, ends[p])]


async def _until(consumer: Any, partition: TopicPartition, end: int) -> list[bytes]:
    await consumer.seek_to_beginning(partition)
    values: list[bytes] = []
    while await consumer.position(partition) < end:
        records = await consumer.getmany(partition, timeout_ms=1000)
        values += [record.value for record in records.get(partition, [])]
    return values


async def configuration(settings: Settings, topic: str) -> dict[str, str]:
    async with open_admin(settings) as admin:
        [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    [(_, _, _, _, entries)] = answer.resources
    return {name: value for name, value, *_ in entries}
