"""How much of the log waits to be written, and for how long, as looks at its ends tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition

from services.ingest.writer import watch as module
from services.ingest.writer.looks import MOST_LOOKS, Looks
from services.ingest.writer.waiting import Waiting
from services.ingest.writer.watch import Watch
from services.runtime.telemetry.instruments import measuring
from services.warehouse.database import Database
from tests.support.bus import settings_of

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)
ONE, OTHER = TopicPartition("log", 0), TopicPartition("log", 1)


def second(number: float) -> datetime:
    return BEGIN + timedelta(seconds=number)


def test_what_is_written_soon_is_young_however_long_entries_come() -> None:
    waiting = Waiting()
    for now in range(1_000):
        waiting.look(second(now), {ONE: 100 * now + 10}, {ONE: 100 * now})
        assert (waiting.entries(), waiting.seconds()) == (10, 0.0)


def test_the_oldest_of_what_waits_tells_the_age() -> None:
    waiting = Waiting()
    for now in range(2 * MOST_LOOKS):
        waiting.look(second(now), {ONE: now + 1, OTHER: 5}, {ONE: 0, OTHER: 5})
        assert (waiting.entries(), waiting.seconds()) == (now + 1, float(now))
    end = 2 * MOST_LOOKS
    waiting.look(second(end), {ONE: end}, {ONE: end - 3})
    assert waiting.entries() == 3
    assert 2.0 <= waiting.seconds() <= 4.0
    waiting.look(second(end + 1), {ONE: end}, {ONE: end})
    assert (waiting.entries(), waiting.seconds()) == (0, 0.0)


def test_a_partition_that_comes_back_has_not_waited_here() -> None:
    waiting = Waiting()
    waiting.look(second(0), {ONE: 9, OTHER: 9}, {ONE: 5, OTHER: 9})
    waiting.look(second(1), {ONE: 9, OTHER: 9}, {OTHER: 9})
    assert (waiting.entries(), waiting.seconds()) == (0, 0.0)
    waiting.look(second(500), {ONE: 20, OTHER: 9}, {ONE: 15, OTHER: 9})
    assert (waiting.entries(), waiting.seconds()) == (5, 0.0)


def test_a_log_that_was_made_anew_has_no_old_entries() -> None:
    waiting = Waiting()
    waiting.look(second(0), {ONE: 900}, {ONE: 5})
    waiting.look(second(100), {ONE: 8}, {ONE: 5})
    assert (waiting.entries(), waiting.seconds()) == (3, 0.0)


class Ends:
    async def count_partitions(self) -> int:
        return 1

    async def fetch(self, _: object) -> dict[TopicPartition, int]:
        return {ONE: 9}


async def test_who_has_no_partition_is_not_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def moment(_: object) -> datetime:
        return BEGIN

    async def nothing(*_: object) -> None: ...

    monkeypatch.setattr(module, "fetch_moment", moment)
    monkeypatch.setattr(module, "begin_positions", nothing)
    nowhere: Any = None
    settings, positions, ends = settings_of("postgresql://unused"), {ONE: 5}, Ends()
    with measuring(settings, "writer") as opened:
        watch: Any = Watch(settings, Database(nowhere), Looks(), lambda: positions)
        await watch._look(ends)
        assert list(opened.looked_at("shadower.log.lag")) == [((), 4)]
        positions.clear()
        await watch._look(ends)
        assert list(opened.looked_at("shadower.log.lag")) == [((), 0)]
