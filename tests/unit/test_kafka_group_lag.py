"""How far a group on Kafka is behind, also while it is stuck."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from services.runtime.background import in_background
from services.runtime.bus import kafka_group
from services.runtime.bus.attempts import LAG
from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.bus.event import BusEvent
from services.runtime.bus.kafka_group import KafkaGroup
from services.runtime.telemetry.instruments import measuring
from tests.support.bus import settings_of

HERE, QUIET = TopicPartition("bus", 0), TopicPartition("bus", 1)


class Broker:
    """Gives one unreadable record, which is the fourth of ten."""

    def __init__(self) -> None:
        self.gives = asyncio.Event()

    def assignment(self) -> set[TopicPartition]:
        return {HERE, QUIET}

    def highwater(self, _: TopicPartition) -> int:
        return 10

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Any]]:
        await self.gives.wait()
        place = {"offset": 3, "key": b"w", "topic": "bus", "partition": 0}
        return {HERE: [SimpleNamespace(value=b"\xff", headers=(), **place)]}


async def test_a_group_that_is_stuck_with_its_first_event_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker, is_stuck = Broker(), asyncio.Event()

    @asynccontextmanager
    async def consumer(*_: object) -> AsyncIterator[Broker]:
        yield broker

    async def bury(_: DeadLetter) -> None:
        is_stuck.set()
        await asyncio.Event().wait()

    async def handle(_: BusEvent) -> None: ...

    monkeypatch.setattr(kafka_group, "open_consumer", consumer)
    settings = settings_of("postgresql://unused", "127.0.0.1:1")
    with measuring(settings, "test") as opened:
        async with in_background(KafkaGroup(settings, "g", bury).run(handle)):
            await asyncio.sleep(0)
            assert list(opened.looked_at(LAG)) == []
            broker.gives.set()
            async with asyncio.timeout(5):
                await is_stuck.wait()
            assert list(opened.looked_at(LAG)) == [(("g",), 7)]
