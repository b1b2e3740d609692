"""Sends records to Kafka. Connects on first use, so that a process can start before its Kafka."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from aiokafka.errors import KafkaError

from services.runtime.faults import Unavailable
from services.runtime.kafka import Producer, depend_on, ensure_topic, open_producer
from services.runtime.kafka_traces import Record, Sent, send_traced
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments

# The library never gives a record up, so we do. It may still arrive.
SEND_SECONDS = 10.0


class KafkaSender:
    """One producer at a time. One that failed has lost count of its records and is replaced; what
    it had sent may come twice then, which those who read must be ready for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        depend_on(settings)
        self._sent = instruments().histogram(
            "messaging.client.operation.duration",
            "s",
            "How long it took until a record was durable in Kafka, or was known not to be",
            ("messaging.destination.name", "outcome"),
        )
        self._opening = asyncio.Lock()
        self._life = AsyncExitStack()
        self._producer: Producer | None = None
        self._topics: set[str] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, topic: str, records: Sequence[Record]) -> None:
        """When this returns, all are durable, in their order. Raises Unavailable: some may be."""
        await self.wait([await self.post(topic, record) for record in records])

    async def wait(self, sent: Sequence[Sent]) -> None:
        """Raises Unavailable if it takes too long or fails: they may still arrive, or some may."""
        try:
            await _all_sent(sent)
        except (KafkaError, OSError) as failed:
            raise self._unavailable(failed) from failed

    async def post(self, topic: str, record: Record) -> Sent:
        """Hands a record over; the future is done when it is durable, however long that takes.

        Raises Unavailable: it will not arrive.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._ready(topic)
                sent: Sent = await send_traced(producer, topic, record)
        except (KafkaError, OSError) as failed:
            raise self._unavailable(failed) from failed
        sent.add_done_callback(partial(self._judge, producer))
        sent.add_done_callback(partial(self._count, topic, time.perf_counter()))
        return sent

    async def close(self) -> None:
        self._replace()
        if self._closing:
            await asyncio.wait(self._closing)

    async def _ready(self, topic: str) -> Producer:
        async with self._opening:
            if topic not in self._topics:
                await ensure_topic(self._settings, topic)
                self._topics.add(topic)
            if self._producer is None:
                self._producer = await self._life.enter_async_context(open_producer(self._settings))
            return self._producer

    def _judge(self, producer: Producer, sent: Sent) -> None:
        failure = None if sent.cancelled() else sent.exception()
        if failure is not None and producer is self._producer:
            structlog.get_logger("kafka").warning("a new producer", error=repr(failure))
            self._replace()

    def _count(self, topic: str, began: float, sent: Sent) -> None:
        is_durable = not sent.cancelled() and sent.exception() is None
        labels = (topic, "durable" if is_durable else "failed")
        self._sent.note(labels, time.perf_counter() - began)

    def _unavailable(self, failure: BaseException) -> Unavailable:
        # The topic may be gone: it is looked for before the next record.
        self._topics.clear()
        structlog.get_logger("kafka").warning("not sent", error=repr(failure))
        return Unavailable("LOG_UNAVAILABLE", "the log did not take it in time")

    def _replace(self) -> None:
        life, self._life, self._producer = self._life, AsyncExitStack(), None
        closing = asyncio.create_task(life.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _all_sent(sent: Sequence[Sent]) -> None:
    """Raises TimeoutError, or what the first that failed raised. Withdraws none."""
    if not sent:
        return
    done, pending = await asyncio.wait(sent, timeout=SEND_SECONDS)
    if pending:
        raise TimeoutError(f"no answer within {SEND_SECONDS:g} s")
    for one in done:
        one.result()


@asynccontextmanager
async def open_sender(settings: Settings) -> AsyncIterator[KafkaSender]:
    sender = KafkaSender(settings)
    try:
        yield sender
    finally:
        await sender.close()
