"""A log of a test's own, with those who write to it and from it."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import AIOKafkaProducer
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.runtime.kafka import ensure_topic
from tests.support.kafka import SHORT_SESSION, kafka_settings
from tests.support.oracle import by_sql
from tests.support.stack import Environment, Running, ready, start, stop
from tests.support.waiting import until

SECONDS = 60
MOST_BYTES = 8_000_000


@dataclass(frozen=True)
class Log:
    """One partition, ingestion that appends to it, and whoever else a test lets append."""

    topic: str
    environment: Environment
    ingest: Any
    _producer: AIOKafkaProducer

    async def record(self, metadata: Any, workspace: str, *items: Any) -> Any:
        request = RecordExecutionsRequest(workspace_id=workspace, executions=items)
        return await self.ingest.RecordExecutions(request, metadata=metadata, timeout=SECONDS)

    async def append(self, key: str, value: bytes) -> int:
        """The offset at which it lies."""
        sent = await self._producer.send_and_wait(self.topic, value, key=key.encode())
        return int(sent.offset)

    async def end(self) -> int:
        """The offset after a further, harmless entry."""
        return await self.append("end", entry("end").SerializeToString()) + 1

    def position(self) -> int:
        query = "select next_offset from log_positions where topic = %s"
        rows = by_sql(self.environment.database_url, query, self.topic)
        return rows[0][0] if rows else 0

    async def until_written(self) -> None:
        """Everything that was appended before."""
        end = await self.end()
        await until(lambda: self.position() >= end)

    def writer(self, *extra: tuple[str, str]) -> Running:
        environment = replace(self.environment, extra=(*self.environment.extra, *extra))
        return start("ingest.writer", environment)


def entry(workspace: str, **content: Any) -> LogRecord:
    return LogRecord(schema_version=1, workspace_id=workspace, **content)


@asynccontextmanager
async def running_log(environment: Environment, brokers: str) -> AsyncIterator[Log]:
    topic = f"log-{uuid.uuid4().hex}"
    extra = (("KAFKA_BROKERS", brokers), ("SHADOWER_LOG_TOPIC", topic), SHORT_SESSION)
    told = replace(environment, extra=extra)
    await ensure_topic(kafka_settings(brokers, topic_partitions=1), topic)
    async with AsyncExitStack() as stack:
        service = start("ingest", told)
        stack.callback(stop, service)
        await ready(service)
        channel = await stack.enter_async_context(service.channel())
        producer = AIOKafkaProducer(bootstrap_servers=brokers, max_request_size=MOST_BYTES)
        await stack.enter_async_context(producer)
        yield Log(topic, told, IngestServiceStub(channel), producer)


@asynccontextmanager
async def written(log: Log) -> AsyncIterator[None]:
    writer = log.writer()
    try:
        yield
    finally:
        stop(writer)
