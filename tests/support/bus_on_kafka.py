"""A bus on Kafka of a test's own: database, topic, and what processes are told of both."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from shadower.bus.v1.envelope_pb2 import Envelope

from services.runtime.bus.event import GroupSubscriber
from services.runtime.bus.kafka_group import KafkaGroup
from services.runtime.kafka import ensure_topic
from services.runtime.kafka_sender import open_sender
from services.runtime.kafka_traces import Record
from services.runtime.settings import Settings
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.database import Database
from tests.support.bus import QUICK, SECONDS, database_of, publish_one, settings_of
from tests.support.kafka import SHORT_SESSION, kept_records
from tests.support.stack import Environment

PARTITIONS = 2


@dataclass(frozen=True)
class Bus:
    """A bus and those who speak over it."""

    settings: Settings
    database: Database
    environment: Environment

    @property
    def url(self) -> str:
        return self.settings.database_url

    def group(self, name: str) -> GroupSubscriber:
        return KafkaGroup(self.settings, name, partial(bury_alone, self.database), QUICK)

    async def publish(self, count: int) -> list[UUID]:
        """Of five workspaces, whose names Kafka spreads over both partitions."""
        return [await publish_one(self.database, f"team-{number % 5}") for number in range(count)]

    async def ids_in_topic(self) -> list[UUID]:
        values = await kept_records(self.settings, self.settings.bus_topic)
        return [UUID(Envelope.FromString(value).id) for value in values]

    async def until_in_topic(self, count: int) -> None:
        async with asyncio.timeout(SECONDS):
            while len(await self.ids_in_topic()) < count:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)

    async def send(self, *records: Record) -> None:
        async with open_sender(self.settings) as sender:
            await sender.send(self.settings.bus_topic, records)


@asynccontextmanager
async def new_bus(url: str, brokers: str, folder: Path, jwks_file: Path) -> AsyncIterator[Bus]:
    topic = f"bus.{uuid.uuid4().hex[:12]}"
    settings = settings_of(url, brokers, bus_topic=topic, topic_partitions=PARTITIONS)
    await ensure_topic(settings, topic)
    told = {
        "KAFKA_BROKERS": brokers,
        "SHADOWER_BUS_TOPIC": topic,
        "SHADOWER_TOPIC_PARTITIONS": str(PARTITIONS),
    }
    environment = Environment(url, jwks_file, folder, (*told.items(), SHORT_SESSION))
    async with database_of(url) as database:
        yield Bus(settings, database, environment)
