"""Where a writer begins a partition, when others write it meanwhile."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from services.ingest.writer.looks import Looks
from services.ingest.writer.writing import LogWriter
from services.runtime.failpoints import Failpoints
from services.warehouse.database import Database
from services.warehouse.facts.positions import (
    Advance,
    begin_positions,
    fetch_position,
    move_position,
)
from services.warehouse.facts.recorder import Recorder
from tests.support.bus import settings_of
from tests.support.rolling import rolling_database
from tests.support.stack import Stack

FIRST, OURS, END, THEIRS = 0, 100, 157, 427


@dataclass
class SlowLog:
    """The fault itself: by the time that the end is known here, others have written further."""

    database: Database
    begun_at: dict[TopicPartition, int] = field(default_factory=dict)
    assigned: set[TopicPartition] = field(default_factory=set)

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[Any, int]:
        return dict.fromkeys(partitions, FIRST)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[Any, int]:
        for one in partitions:
            await move(self.database, one, OURS, THEIRS)
        return dict.fromkeys(partitions, END)

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.begun_at[partition] = offset


class LogWithoutLeader(SlowLog):
    """Nobody leads its first partition, or not any more."""

    is_led = False

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[Any, int]:
        if not self.is_led and any(one.partition == 0 for one in partitions):
            raise KafkaTimeoutError
        return await super().beginning_offsets(partitions)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[Any, int]:
        return dict.fromkeys(partitions, END)


async def move(database: Database, partition: TopicPartition, before: int, after: int) -> None:
    async with database.transaction() as transaction:
        step = Advance(partition.topic, partition.partition, before, after)
        await move_position(transaction, step)


async def test_a_partition_that_nobody_leads_holds_up_no_other_one(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"log-{uuid.uuid4().hex}"
    alone, led = TopicPartition(topic, 0), TopicPartition(topic, 1)
    async with rolling_database(stack.database_url) as database:
        await begin_positions(database, topic, 2)
        recorder = Recorder(database, Failpoints(""))
        writer = LogWriter(settings_of(stack.database_url), database, recorder, Looks())
        log = LogWithoutLeader(database, assigned={alone, led})
        monkeypatch.setattr(writer, "_consumer", log)
        monkeypatch.setattr(writer, "_away", "")
        await writer.on_partitions_assigned([alone, led])
    assert log.begun_at == {led: FIRST}
    assert writer.positions() == {led: FIRST}
    assert writer.trouble() == f"{topic}/0: nobody says where it ends"
    await writer.on_partitions_revoked([alone])
    assert writer.trouble() == ""


async def test_what_cannot_be_begun_again_is_not_written_to(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes next would leave out what failed before."""
    partition = TopicPartition(f"log-{uuid.uuid4().hex}", 0)
    async with rolling_database(stack.database_url) as database:
        await begin_positions(database, partition.topic, 1)
        recorder = Recorder(database, Failpoints(""))
        writer = LogWriter(settings_of(stack.database_url), database, recorder, Looks())
        log = LogWithoutLeader(database, assigned={partition})
        monkeypatch.setattr(writer, "_consumer", log)
        log.is_led = True
        await writer.on_partitions_assigned([partition])
        assert writer.positions() == {partition: FIRST}
        log.is_led = False
        await writer.on_partitions_assigned([partition])
        assert writer.positions() == {}


async def test_a_log_that_others_wrote_meanwhile_is_not_taken_for_another(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition = TopicPartition(f"log-{uuid.uuid4().hex}", 0)
    async with rolling_database(stack.database_url) as database:
        await begin_positions(database, partition.topic, 1)
        await move(database, partition, FIRST, OURS)
        recorder = Recorder(database, Failpoints(""))
        writer = LogWriter(settings_of(stack.database_url), database, recorder, Looks())
        log = SlowLog(database)
        monkeypatch.setattr(writer, "_consumer", log)
        await writer.on_partitions_assigned([partition])
        assert await fetch_position(database, partition.topic, 0) == THEIRS
    # What it reads there is fenced.
    assert log.begun_at == {partition: OURS}
