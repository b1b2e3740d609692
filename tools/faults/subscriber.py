"""A member of a group on the bus: `python -m tools.faults.subscriber GROUP FILE`.

Writes down the id of each event that it handles, beyond the reach of what is killed.
"""

import asyncio
import os
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


async def main(group: str, file: Path) -> None:
    settings = Settings()
    async with open_pool(settings) as pool:
        with file.open("a") as notes:

            async def handle(event: BusEvent) -> None:
                notes.write(f"{event.id}\n")
                notes.flush()
                await asyncio.to_thread(os.fsync, notes.fileno())

            await _subscriber(settings, group, Database(pool)).run(handle)


def _subscriber(settings: Settings, group: str, database: Database) -> GroupSubscriber:
    if settings.kafka_brokers:
        return KafkaGroup(settings, group, partial(bury_alone, database))
    return OutboxSubscriber(partial(connect, settings, RELAY_ROLE), group, encode)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
