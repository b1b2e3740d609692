"""Kafka as we use it: nothing is acknowledged, or passed over, that is not safe.

aiokafka's defaults commit on a timer, begin at the end and may write twice: each is set here.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from services.runtime.kafka_access import access_to
from services.runtime.kafka_door import REQUEST_MS, Door
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments

MAX_RECORD_BYTES = 8 * 1024 * 1024
# A larger record comes all the same, alone.
FETCH_BYTES = 2 * 1024 * 1024
# By then, whoever writes or reads sees that a topic was made anew or has more partitions.
METADATA_MS = 10_000
STOP_SECONDS = 5
# Each look is a connection of its own.
CHECK_PAUSE_SECONDS = 15.0
# The longest that those who read a topic may be away.
RETENTION_MS = 14 * 24 * 3600 * 1000

# The library has no types.
Consumer: TypeAlias = Any
Producer: TypeAlias = Any


@asynccontextmanager
async def open_producer(settings: Settings) -> AsyncIterator[Producer]:
    """A record is sent when every replica in sync has it; a retry of the library's is not a second
    one. Raises KafkaError if no broker answers."""
    producer = AIOKafkaProducer(
        **access_to(settings),
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=2,
        max_batch_size=256 * 1024,
        max_request_size=MAX_RECORD_BYTES,
        request_timeout_ms=REQUEST_MS,
        metadata_max_age_ms=METADATA_MS,
    )
    try:
        await producer.start()
        yield producer
    finally:
        await bounded(producer.stop())


def new_consumer(settings: Settings, group: str | None, **options: Any) -> Consumer:
    """Begins where its group has been, or at the beginning; moves on only when it is told to."""
    session_ms = round(settings.kafka_session_seconds * 1000)
    return AIOKafkaConsumer(
        **access_to(settings),
        group_id=group,
        enable_auto_commit=False,
        max_partition_fetch_bytes=FETCH_BYTES,
        request_timeout_ms=session_ms + REQUEST_MS,
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=session_ms // 4,
        metadata_max_age_ms=METADATA_MS,
        **{"auto_offset_reset": "earliest", "isolation_level": "read_committed", **options},
    )


@asynccontextmanager
async def open_consumer(
    settings: Settings,
    group: str | None,
    topic: str,
    listener: ConsumerRebalanceListener | None = None,
    **options: Any,
) -> AsyncIterator[Consumer]:
    """A member of a group that shares the topic's partitions; the listener hears which it has."""
    depend_on(settings)
    await ensure_topic(settings, topic)
    consumer = new_consumer(settings, group, **options)
    consumer.subscribe([topic], listener=listener)
    try:
        await consumer.start()
        yield consumer
    finally:
        await bounded(consumer.stop())


@asynccontextmanager
async def open_admin(settings: Settings) -> AsyncIterator[Any]:
    """Raises KafkaError or OSError."""
    admin = AIOKafkaAdminClient(request_timeout_ms=REQUEST_MS, **access_to(settings))
    try:
        await admin.start()
        yield admin
    finally:
        await bounded(admin.close())


async def bounded(stopping: Coroutine[Any, Any, None]) -> None:
    """It would wait for a broker that is away as long as that is.

    It goes on unwaited for: half of a stop would leave connections, and a member of the group.
    """
    ending = asyncio.create_task(stopping)
    ending.add_done_callback(_note)
    await asyncio.wait([ending], timeout=STOP_SECONDS)


def _note(ending: "asyncio.Task[None]") -> None:
    if not ending.cancelled() and ending.exception() is not None:
        log: Any = structlog.get_logger("kafka")
        log.warning("not stopped in peace", error=repr(ending.exception()))


def depend_on(settings: Settings) -> Door:
    """From now on the process tells whether brokers answer. The first door is the one that is
    looked at."""
    door = Door(settings)
    instruments().dependencies.add("kafka", door.look, CHECK_PAUSE_SECONDS)
    return door


async def ensure_topic(settings: Settings, topic: str) -> None:
    """Makes the topic unless it is there. Raises KafkaError or OSError."""
    async with open_admin(settings) as admin:
        answer = await admin.create_topics([_new_topic(settings, topic)])
        _check_created(answer)


def _new_topic(settings: Settings, topic: str) -> NewTopic:
    in_sync = 1 if settings.topic_replication < 3 else 2
    return NewTopic(
        topic,
        settings.topic_partitions,
        settings.topic_replication,
        topic_configs={
            "max.message.bytes": str(MAX_RECORD_BYTES),
            "retention.ms": str(RETENTION_MS),
            "min.insync.replicas": str(in_sync),
            "unclean.leader.election.enable": "false",
        },
    )


def _check_created(answer: Any) -> None:
    for _, code, *_ in answer.topic_errors:
        error: type[KafkaError] = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error()
