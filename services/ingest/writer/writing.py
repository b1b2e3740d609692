"""Writes the partitions of the log that this process has, each from where it was written to."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from services.ingest.writer.letters import GROUP, unwritable
from services.ingest.writer.portion import Portion, portion_of, portions
from services.runtime.faults import Fault
from services.runtime.kafka import Consumer, open_consumer
from services.runtime.settings import Settings
from services.warehouse.database import Database, UnwritableError
from services.warehouse.facts.positions import FencedError, fetch_position
from services.warehouse.facts.recorder import Recorder

PAUSE_SECONDS = 1.0
POLL_MS = 500
MOST_ENTRIES = 64


class LogWriter(ConsumerRebalanceListener):  # type: ignore[misc] # The library has no types.
    """The position in the database is the one that counts; Kafka's own is never asked."""

    def __init__(self, settings: Settings, database: Database, recorder: Recorder) -> None:
        self._settings = settings
        self._database = database
        self._recorder = recorder
        self._positions: dict[TopicPartition, int] = {}
        self._consumer: Consumer = None

    async def run(self) -> None:
        """Runs as long as the process does."""
        log = structlog.get_logger("writer")
        while True:
            try:
                await self._take_part()
            except (KafkaError, OSError, Fault) as broken:
                log.warning("out of the group; joining again", error=repr(broken))
            await asyncio.sleep(PAUSE_SECONDS)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """What is being written of them meets the fence, if somebody else has gone on."""
        for partition in revoked:
            self._positions.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        for partition in assigned:
            await self._begin(partition)

    async def _take_part(self) -> None:
        async with open_consumer(self._settings, GROUP, self._settings.log_topic, self) as consumer:
            self._consumer = consumer
            while True:
                found = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_ENTRIES)
                await asyncio.gather(*(self._write_partition(*one) for one in found.items()))

    async def _begin(self, partition: TopicPartition) -> None:
        """Goes to where the partition is written to."""
        position = await fetch_position(self._database, partition.topic, partition.partition)
        self._positions[partition] = position
        self._consumer.seek(partition, position)

    async def _write_partition(self, partition: TopicPartition, entries: Sequence[Any]) -> None:
        """What cannot be written now is read again."""
        try:
            for some in portions(entries):
                await self._write(partition, some)
        except (FencedError, Fault, TimeoutError) as passing:
            structlog.get_logger("writer").warning("reading again", error=repr(passing))
            await asyncio.sleep(PAUSE_SECONDS)
            if partition in self._consumer.assignment():
                await self._begin(partition)

    async def _write(self, partition: TopicPartition, entries: Sequence[Any]) -> None:
        before = self._positions.get(partition)
        if before is None:
            raise FencedError(f"{partition} is somebody else's")
        unwritten = [entry for entry in entries if entry.offset >= before]
        if unwritten:
            await self._record(portion_of(unwritten, before))
            self._positions[partition] = unwritten[-1].offset + 1

    async def _record(self, portion: Portion) -> None:
        batches = [batch for _, batch in portion.batches]
        try:
            await self._recorder.record(batches, portion.advance, portion.letters_given)
        except UnwritableError as why:
            await self._isolate(portion, why)

    async def _isolate(self, portion: Portion, why: UnwritableError) -> None:
        """One entry that cannot be written does not hold up the others."""
        if len(portion.entries) == 1:
            letter = unwritable(portion.entries[0], why)
            await self._recorder.record([], portion.advance, lambda _: [letter])
            return
        before = portion.before
        for entry in portion.entries:
            await self._record(portion_of([entry], before))
            before = entry.offset + 1
