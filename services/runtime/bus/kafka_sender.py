"""Sends records to Kafka. Connects on first use, so that a process can start before its Kafka."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from services.runtime.faults import Unavailable
from services.runtime.kafka import Producer, ensure_topic, open_producer
from services.runtime.settings import Settings

RETRY_DELAY = timedelta(seconds=1)


@dataclass(frozen=True)
class Record:
    """What goes to a topic."""

    key: bytes | None
    value: bytes


class KafkaSender:
    """One producer at a time; a new one after each failure, since it may have lost its place."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = asyncio.Lock()
        self._life = AsyncExitStack()
        self._producer: Producer | None = None
        self._topics: set[str] = set()

    async def send(self, topic: str, records: Sequence[Record]) -> None:
        """When this returns, all are durable, in their order. Raises Unavailable: some may be."""
        try:
            producer = await self._ready(topic)
            sent = [await producer.send(topic, one.value, key=one.key) for one in records]
            await _all_done(sent)
        except (KafkaError, OSError) as failed:
            await self.close()
            structlog.get_logger("kafka").warning("not sent", topic=topic, error=repr(failed))
            raise Unavailable(
                "LOG_UNAVAILABLE", "the log did not take it in time", retry_after=RETRY_DELAY
            ) from failed

    async def close(self) -> None:
        life, self._life, self._producer = self._life, AsyncExitStack(), None
        await life.aclose()

    async def _ready(self, topic: str) -> Producer:
        async with self._opening:
            if topic not in self._topics:
                await ensure_topic(self._settings, topic)
                self._topics.add(topic)
            if self._producer is None:
                self._producer = await self._life.enter_async_context(open_producer(self._settings))
            return self._producer


async def _all_done(sent: Sequence["asyncio.Future[Any]"]) -> None:
    """Raises what the first that failed raises, when none is under way any more."""
    await asyncio.gather(*sent, return_exceptions=True)
    for one in sent:
        one.result()


@asynccontextmanager
async def open_sender(settings: Settings) -> AsyncIterator[KafkaSender]:
    sender = KafkaSender(settings)
    try:
        yield sender
    finally:
        await sender.close()
