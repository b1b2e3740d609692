"""What Kafka and its client do for us, and what they do not."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.runtime.kafka import (
    MAX_RECORD_BYTES,
    STOP_SECONDS,
    Producer,
    ensure_topic,
    new_consumer,
    open_admin,
    open_consumer,
    open_producer,
)
from services.runtime.kafka_door import Door
from services.runtime.kafka_ends import end_for_key
from services.runtime.settings import Settings
from tests.support.kafka import (
    configuration,
    kafka_of_our_own,
    kafka_settings,
    kept_records,
)
from tools.kafka.cluster import Cluster


@pytest.fixture
def settings(kafka: str) -> Settings:
    return kafka_settings(kafka, topic_partitions=3)


@pytest.fixture
async def topic(settings: Settings) -> str:
    return await new_topic(settings)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes, all of which run when a test begins."""
    with kafka_of_our_own(tmp_path_factory.mktemp("kafka"), nodes=3) as three:
        yield three


async def new_topic(settings: Settings) -> str:
    name = f"test.{uuid.uuid4().hex[:12]}"
    await ensure_topic(settings, name)
    return name


async def test_a_topic_is_made_once_and_as_we_need_it(settings: Settings, topic: str) -> None:
    await ensure_topic(settings, topic)
    assert await partitions(settings, topic) == settings.topic_partitions
    assert (await configuration(settings, topic)).items() >= {
        ("max.message.bytes", str(MAX_RECORD_BYTES)),
        ("min.insync.replicas", "1"),
        ("retention.ms", str(14 * 24 * 3600 * 1000)),
        ("unclean.leader.election.enable", "false"),
    }


async def test_where_a_key_ends_is_where_its_next_record_will_lie(
    settings: Settings, topic: str
) -> None:
    keys = [uuid.uuid4().hex.encode() for _ in range(12)]
    async with open_producer(settings) as producer:
        for key in keys:
            end = await end_for_key(settings, topic, key)
            sent = await producer.send_and_wait(topic, b"", key=key)
            assert (end.partition, end.offset) == (sent.partition, sent.offset)


async def test_where_a_topic_ends_that_is_not_there_is_not_known(settings: Settings) -> None:
    with pytest.raises(TimeoutError):
        await end_for_key(settings, "test.none", b"key")


async def test_with_three_copies_two_must_have_a_record(cluster: Cluster) -> None:
    settings = kafka_settings(cluster.brokers, topic_replication=3)
    topic = await new_topic(settings)
    assert (await configuration(settings, topic))["min.insync.replicas"] == "2"


async def test_more_copies_than_brokers_are_refused(settings: Settings) -> None:
    greedy = settings.model_copy(update={"topic_replication": 7})
    with pytest.raises(KafkaError, match="InvalidReplicationFactor"):
        await ensure_topic(greedy, "test.greedy")


async def test_what_is_sent_arrives_as_it_was(settings: Settings, topic: str) -> None:
    sent = [uuid.uuid4().bytes * size for size in (1, 100, 100_000)]
    await send(settings, topic, sent)
    assert Counter(await kept_records(settings, topic)) == Counter(sent)


async def test_a_new_group_begins_at_the_beginning(settings: Settings, topic: str) -> None:
    await send(settings, topic, [b"before anybody listened"])
    async with member(settings, topic, "g") as consumer:
        assert await next_value(consumer) == b"before anybody listened"


async def test_a_group_has_been_where_it_says_and_nowhere_else(
    settings: Settings, topic: str
) -> None:
    await send(settings, topic, [b"only"])
    for says in (False, True):
        async with member(settings, topic, "g") as consumer:
            assert await next_value(consumer) == b"only"
            if says:
                await consumer.commit()
    async with member(settings, topic, "g") as consumer:
        with pytest.raises(TimeoutError):
            await next_value(consumer, seconds=2)


async def test_a_killed_leader_costs_no_acknowledged_record(cluster: Cluster) -> None:
    settings = kafka_settings(cluster.brokers, topic_partitions=1, topic_replication=3)
    topic = await new_topic(settings)
    async with open_producer(settings) as producer:
        sending = asyncio.create_task(send_numbers(producer, topic, 400))
        await asyncio.sleep(1)
        leader = cluster.node(leader_of(producer, topic))
        await asyncio.to_thread(leader.kill)
        acknowledged = await sending
    await asyncio.to_thread(leader.start)
    assert Counter(await kept_records(settings, topic)) == Counter(acknowledged)
    assert len(acknowledged) == 400


async def test_partitions_that_nobody_leads_are_told_of(cluster: Cluster) -> None:
    """Brokers answer all the same. A topic that is not there is no trouble, and is not made."""
    log, bus = f"log.{uuid.uuid4().hex[:8]}", f"bus.{uuid.uuid4().hex[:8]}"
    settings = kafka_settings(cluster.brokers, topic_partitions=3, log_topic=log, bus_topic=bus)
    await ensure_topic(settings, log)
    assert await Door(settings).look() == ""
    node = cluster.node(3)
    await asyncio.to_thread(node.kill)
    try:
        await until_trouble(settings, f"{log}: 1 of 3 partitions have no leader")
    finally:
        await asyncio.to_thread(node.start)
    await until_trouble(settings, "")
    async with open_admin(settings) as admin:
        assert bus not in await admin.list_topics()


async def test_a_silent_broker_is_for_the_caller_to_bound(tmp_path: Path) -> None:
    """The client gives up nothing: what was sent to a broker that sleeps arrives when it wakes."""
    with kafka_of_our_own(tmp_path) as cluster:
        settings = kafka_settings(cluster.brokers, topic_partitions=1)
        topic = await new_topic(settings)
        async with open_producer(settings) as producer:
            await producer.send_and_wait(topic, b"before")
            cluster.nodes[0].pause()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(producer.send_and_wait(topic, b"meanwhile"), 12)
            cluster.nodes[0].resume()
            await asyncio.wait_for(producer.send_and_wait(topic, b"after"), 20)
        assert await kept_records(settings, topic) == [b"before", b"meanwhile", b"after"]


async def test_whoever_reads_from_a_silent_broker_can_leave(tmp_path: Path) -> None:
    with kafka_of_our_own(tmp_path) as cluster:
        settings = kafka_settings(cluster.brokers, topic_partitions=1)
        topic = await new_topic(settings)
        await send(settings, topic, [b"only"])
        async with AsyncExitStack() as readers:
            for group in (f"{topic}.g", None):
                reader = await readers.enter_async_context(open_consumer(settings, group, topic))
                assert await next_value(reader) == b"only"
            cluster.nodes[0].pause()
            try:
                async with asyncio.timeout(2 * STOP_SECONDS + 2):
                    await readers.aclose()
            finally:
                cluster.nodes[0].resume()
        async with member(settings, topic, "g") as heir:
            assert await next_value(heir, settings.kafka_session_seconds / 2) == b"only"


async def until_trouble(settings: Settings, expected: str) -> None:
    async with asyncio.timeout(30):
        while await Door(settings).look() != expected:  # noqa: ASYNC110 - of the brokers
            await asyncio.sleep(0.2)


async def send(settings: Settings, topic: str, values: list[bytes]) -> None:
    async with open_producer(settings) as producer:
        await asyncio.gather(*(producer.send_and_wait(topic, value) for value in values))


async def send_numbers(producer: Producer, topic: str, count: int) -> list[bytes]:
    """One every ten milliseconds, each sent before the one before is acknowledged."""
    values = [str(number).encode() for number in range(count)]
    sent = []
    for value in values:
        sent.append(await producer.send(topic, value))
        await asyncio.sleep(0.01)
    async with asyncio.timeout(30):
        await asyncio.gather(*sent)
    return values


def leader_of(producer: Producer, topic: str) -> int:
    return int(producer.client.cluster.leader_for_partition(TopicPartition(topic, 0)))


@asynccontextmanager
async def member(settings: Settings, topic: str, group: str) -> AsyncIterator[Any]:
    consumer = new_consumer(settings, f"{topic}.{group}")
    consumer.subscribe([topic])
    async with consumer:
        yield consumer


async def next_value(consumer: Any, seconds: float = 20) -> bytes:
    record = await asyncio.wait_for(consumer.getone(), seconds)
    return bytes(record.value)


async def partitions(settings: Settings, topic: str) -> int:
    async with open_admin(settings) as admin:
        [described] = await admin.describe_topics([topic])
    return len(described["partitions"])
