"""Writes down what came of attempts: what is done at the same time, together."""

import asyncio
import time

from services.notifications.away import AWAY
from services.warehouse.database import Database
from services.warehouse.notifications.deliveries import Done, record_attempts
from services.warehouse.notifications.lanes import Lane
from services.warehouse.notifications.targets import disable_target

PAUSE_SECONDS = 0.25


class Recorder:
    """Of one lane. The first is written at once; what is done meanwhile waits, and follows."""

    def __init__(self, database: Database, lane: Lane) -> None:
        self._database = database
        self._lane = lane
        self._waiting: list[Done] = []
        self._turn = asyncio.Lock()

    async def record(self, done: Done, until: float) -> None:
        """Returns when it is durable. Tries for as long as nobody else may send it again, by the
        monotonic clock, and raises after that what kept it from it, one of AWAY."""
        self._waiting.append(done)
        async with self._turn:
            if done in self._waiting:
                together, self._waiting = self._waiting, []
                await self._write(together, until)

    async def _write(self, together: list[Done], until: float) -> None:
        while True:
            try:
                async with self._database.writing(self._lane.workspace_id) as session:
                    if any(one.is_gone for one in together):
                        await disable_target(session, self._lane.target_id)
                    await record_attempts(session, together)
                return
            except AWAY:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
