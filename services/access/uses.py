"""When keys were last used: to the minute, and written together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from services.runtime.faults import Fault

FLUSH_SECONDS = 30.0
# An end does not wait for a database that is away.
LAST_SECONDS = 3.0

WriteUses = Callable[[Mapping[tuple[str, str], datetime]], Awaitable[None]]
"""By workspace and key. Raises Unavailable."""


class Uses:
    """Those of this process that are not written yet: one a key, however often it is used."""

    def __init__(self, write: WriteUses) -> None:
        self._write = write
        self._noted: dict[tuple[str, str], datetime] = {}

    def note(self, workspace_id: str, api_key_id: str) -> None:
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        self._noted[workspace_id, api_key_id] = minute

    async def keep_writing(self) -> None:
        """Goes on as long as the process does."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self.flush()

    async def flush(self) -> None:
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            await self._write(noted)
        except Fault:
            # Later ones are as good.
            self._noted = noted | self._noted


async def keep_forgetting(forget: Callable[[], Awaitable[None]]) -> None:
    """Forgets each minute what has expired, as long as the process runs."""
    while True:
        with suppress(Fault):
            await forget()
        await asyncio.sleep(60)
