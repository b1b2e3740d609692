"""What the writer says of itself while it has no part in its group."""

import asyncio
from typing import Any

from services.ingest.writer.looks import Looks
from services.ingest.writer.writing import LogWriter
from services.runtime.background import in_background
from tests.support.bus import settings_of

NOWHERE = "127.0.0.1:1"


async def test_without_brokers_there_is_no_group_to_be_in() -> None:
    unused: Any = None
    writer = LogWriter(settings_of("postgresql://unused", NOWHERE), unused, unused, Looks())
    assert writer.trouble() == "not in the group yet"
    async with in_background(writer.run()), asyncio.timeout(20):
        while "KafkaConnectionError" not in writer.trouble():  # noqa: ASYNC110 - it tries again
            await asyncio.sleep(0.05)
    assert writer.trouble().startswith("not in the group: ")
