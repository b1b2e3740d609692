"""Writes the partitions of the log that this process has, each from where it was written to."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from services.ingest.writer.bounds import Bounds
from services.ingest.writer.group import open_group
from services.ingest.writer.letters import unwritable
from services.ingest.writer.looks import Looks
from services.ingest.writer.portion import Portion, portion_of, portions, refused_whole
from services.runtime.faults import DeadlineExceeded, Fault
from services.runtime.kafka import Consumer
from services.runtime.kafka_traces import places_of, processing
from services.runtime.patience import Patience
from services.runtime.settings import Settings
from services.runtime.telemetry.together import together
from services.warehouse.database import Database, UnwritableError
from services.warehouse.facts.positions import Advance, FencedError, fetch_position
from services.warehouse.facts.recorder import Recorder

PAUSE_SECONDS = 1.0
POLL_MS = 500
MOST_ENTRIES = 64


def _advance(partition: TopicPartition, before: int, after: int) -> Advance:
    return Advance(partition.topic, partition.partition, before, after)


def _warn_of_loss(partition: TopicPartition, position: int, first: int, end: int) -> None:
    if position:
        structlog.get_logger("writer").error(
            "the log is not the one that was written, or has lost entries that were not",
            **{"partition": str(partition), "position": position, "first": first, "end": end},
        )


class LogWriter(ConsumerRebalanceListener):  # type: ignore[misc] # The library has no types.
    """The position in the database is the one that counts; Kafka's own is never asked."""

    def __init__(
        self, settings: Settings, database: Database, recorder: Recorder, looks: Looks
    ) -> None:
        self._settings = settings
        self._database = database
        self._recorder = recorder
        self._looks = looks
        self._positions: dict[TopicPartition, int] = {}
        self._troubles: dict[TopicPartition, str] = {}
        self._away = "not in the group yet"
        self._patience = Patience(structlog.get_logger("writer"), "reading again")
        self._bounds = Bounds()
        self._beginning = asyncio.Lock()
        self._consumer: Consumer = None

    def trouble(self) -> str:
        """What cannot be written at the moment; "" if everything can."""
        return self._away or "; ".join([*self._troubles.values(), *self._bounds.troubles()])

    def positions(self) -> Mapping[TopicPartition, int]:
        """Up to where each of the partitions is written that this process has."""
        return dict(self._positions)

    async def run(self) -> None:
        """Runs as long as the process does."""
        patience = Patience(structlog.get_logger("writer"), "out of the group; joining again")
        while True:
            try:
                await self._take_part(patience)
            except (KafkaError, OSError, Fault, FencedError) as broken:
                self._away = f"not in the group: {broken!r}"
                await patience.wait(broken)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """What is being written of them meets the fence, if somebody else has gone on."""
        for partition in revoked:
            self._positions.pop(partition, None)
            self._troubles.pop(partition, None)
        self._bounds.forget(revoked)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        numbers = sorted(one.partition for one in assigned)
        structlog.get_logger("writer").info("partitions", count=len(numbers), numbers=numbers)
        # The first ones may come before the consumer does.
        if self._consumer is not None:
            await self._begin(assigned)

    async def _take_part(self, patience: Patience) -> None:
        async with open_group(self._settings, self) as consumer:
            self._consumer = consumer
            try:
                while True:
                    await self._begin_missing()
                    patience.is_rewarded()
                    self._away = ""
                    found = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_ENTRIES)
                    await asyncio.gather(*(self._write_partition(*one) for one in found.items()))
            finally:
                self._consumer = None
                self._positions.clear()
                self._troubles.clear()
                self._bounds.clear()

    async def _begin_missing(self) -> None:
        """What fails when partitions are assigned, the library passes over; and of a partition in
        which nothing lies, nothing else would begin it."""
        missing = self._consumer.assignment() - self._positions.keys()
        if missing and self._bounds.is_time():
            await self._begin(sorted(missing))

    async def _begin(self, partitions: Sequence[TopicPartition]) -> None:
        """Goes to where partitions are written to.

        One at a time: what is fetched before the assignment is known here begins it, too. Positions
        are asked for first: one that others have moved on since is fenced, but an end from before
        that would look like that of another log.
        """
        consumer = self._consumer
        async with self._beginning:
            # Until it is known where to go on, nothing is written: it would leave out what failed.
            for one in partitions:
                self._positions.pop(one, None)
            positions = {
                one: await fetch_position(self._database, one.topic, one.partition)
                for one in partitions
            }
            known = await self._bounds.fetch(consumer, partitions)
            self._bounds.keep(consumer.assignment())
            for partition, bounds in known.items():
                await self._begin_within(partition, positions[partition], *bounds)

    async def _begin_within(
        self, partition: TopicPartition, position: int, first: int, end: int
    ) -> None:
        """At the position, or at the first entry there is if the log has lost where we were."""
        start = position if first <= position <= end else first
        if start != position:
            _warn_of_loss(partition, position, first, end)
            await self._recorder.record([], _advance(partition, position, start))
        self._positions[partition] = start
        self._consumer.seek(partition, start)

    async def _write_partition(self, partition: TopicPartition, entries: Sequence[Any]) -> None:
        """What cannot be written now is read again."""
        try:
            await self._write_in_turn(partition, list(portions(entries)))
            if self._troubles.pop(partition, None):
                self._patience.is_rewarded()
        except (FencedError, Fault, TimeoutError) as passing:
            self._patience.tell(passing)
            self._troubles[partition] = f"{partition.topic}/{partition.partition}: {passing!r}"
            await asyncio.sleep(PAUSE_SECONDS)
            if partition in self._consumer.assignment():
                await self._begin([partition])

    async def _write_in_turn(
        self, partition: TopicPartition, entries: Sequence[Sequence[Any]]
    ) -> None:
        """While the database writes a portion, the next one is decoded."""
        portion = await portion_of(entries[0], self._position(partition, entries[0]))
        for following in entries[1:]:
            _, portion = await asyncio.gather(
                self._write_portion(partition, portion), portion_of(following, portion.after)
            )
        await self._write_portion(partition, portion)

    def _position(self, partition: TopicPartition, entries: Sequence[Any]) -> int:
        position = self._positions.get(partition)
        if position is None:
            raise FencedError(f"{partition} is somebody else's")
        if entries[0].offset < position:
            # Passed over, it would be lost if the log is not the one that was written.
            raise FencedError(f"{partition} is read at {entries[0].offset}, written at {position}")
        return position

    async def _write_portion(self, partition: TopicPartition, portion: Portion) -> None:
        if self._position(partition, portion.entries) != portion.before:
            raise FencedError(f"{partition} was taken away and came back")
        await self._record(portion)
        self._positions[partition] = portion.after

    async def _record(self, portion: Portion) -> None:
        batches = [batch for _, batch in portion.batches]
        shape, places = processing(portion.advance.topic), places_of(portion.entries)
        try:
            with together(shape, places):
                await self._recorder.record(batches, self._step(portion), portion.letters_given)
        except (UnwritableError, DeadlineExceeded) as why:
            await self._isolate(portion, why)

    async def _isolate(self, portion: Portion, why: UnwritableError | DeadlineExceeded) -> None:
        """One entry that cannot be written does not hold up the others."""
        if len(portion.entries) == 1:
            if isinstance(why, DeadlineExceeded):
                raise why
            [(entry, batch)] = portion.batches
            letter = unwritable(entry, why)
            await self._recorder.record(
                [refused_whole(batch)], self._step(portion), lambda _: [letter]
            )
            return
        before = portion.before
        for entry in portion.entries:
            await self._record(await portion_of([entry], before))
            before = entry.offset + 1

    def _step(self, portion: Portion) -> Advance:
        """With what is complete once it is done."""
        step = portion.advance
        partition = TopicPartition(step.topic, step.partition)
        return replace(step, complete_until=self._looks.complete_until(partition, step.after))
