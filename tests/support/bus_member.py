"""A member of a group of subscribers: `python -m tests.support.bus_member GROUP DIARY SECONDS`."""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path

from services.runtime.bus.envelope import encode
from services.runtime.bus.event import BusEvent, GroupSubscriber
from services.runtime.bus.kafka_group import KafkaGroup
from services.runtime.pool import RELAY_ROLE, connect, open_pool
from services.runtime.settings import Settings
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.bus.subscribers import OutboxSubscriber
from services.warehouse.database import Database


async def main(group: str, diary: Path, seconds: float) -> None:
    settings = Settings()

    async def handle(event: BusEvent) -> None:
        _note(diary, event, done=False)
        await asyncio.sleep(seconds)
        _note(diary, event, done=True)

    async with open_pool(settings) as pool:
        await _subscriber(settings, group, Database(pool)).run(handle)


def _subscriber(settings: Settings, group: str, database: Database) -> GroupSubscriber:
    if settings.kafka_brokers:
        return KafkaGroup(settings, group, partial(bury_alone, database))
    return OutboxSubscriber(partial(connect, settings, RELAY_ROLE), group, encode)


def _note(diary: Path, event: BusEvent, *, done: bool) -> None:
    with diary.open("a") as file:
        file.write(json.dumps({"id": str(event.id), "done": done}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))
