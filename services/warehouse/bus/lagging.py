"""How far the groups that read the outbox are behind it."""

import asyncio
from collections.abc import Iterable

import structlog

from services.runtime.bus.attempts import GROUP, GROUP_AGE, LAG, LAG_MEANING
from services.runtime.pool import Pool
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.tallies import Labels
from services.warehouse.bus.outbox import BROKEN, QUERIES

PAUSE_SECONDS = 10.0
# Beyond that it does not matter how many, and to count them takes long.
MOST_COUNTED = 100_000


class OutboxLag:
    """Looks again and again; tells nothing while the database is away."""

    def __init__(self, pool: Pool, *, has_kafka: bool) -> None:
        """With Kafka the relay alone reads the outbox."""
        self._pool = pool
        self._has_kafka = has_kafka
        self._found: list[tuple[str, int, float]] = []
        measured = instruments()
        measured.gauge(LAG, "{event}", LAG_MEANING, (GROUP,), self._events)
        measured.gauge(
            GROUP_AGE,
            "s",
            "How old the first event in the outbox is that a group has not passed yet; 0 if none",
            (GROUP,),
            self._seconds,
        )

    def _events(self) -> Iterable[tuple[Labels, float]]:
        return [((group,), events) for group, events, _ in self._found]

    def _seconds(self) -> Iterable[tuple[Labels, float]]:
        return [((group,), seconds) for group, _, seconds in self._found]

    async def follow(self) -> None:
        """As long as the process lives."""
        while True:
            try:
                await self.look()
            except BROKEN as broken:
                self._found = []
                structlog.get_logger("bus").warning("lag is not known", error=repr(broken))
            await asyncio.sleep(PAUSE_SECONDS)

    async def look(self) -> None:
        """Once."""
        rows = await self._pool.fetch(QUERIES["lag"], self._has_kafka, MOST_COUNTED)
        self._found = [
            (row["group_name"], row["events"], max(row["seconds"] or 0.0, 0.0)) for row in rows
        ]
