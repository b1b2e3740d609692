"""Keeps looking where the log ends, so that answers can say how complete they are."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.ingest.writer.looks import Look, Looks
from services.ingest.writer.waiting import Waiting
from services.runtime.faults import Fault
from services.runtime.kafka_ends import TopicEnds, open_ends
from services.runtime.patience import Patience
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.warehouse.database import Database
from services.warehouse.facts.positions import begin_positions, fetch_moment, note_complete

PAUSE_SECONDS = 1.0
LOOK_SECONDS = 10.0

Positions = Callable[[], Mapping[TopicPartition, int]]
"""The partitions that this process has, each with the offset up to which it is written."""


class Watch:
    """First the moment, by the database's clock; then where the log ends. No other clock counts."""

    def __init__(
        self, settings: Settings, database: Database, looks: Looks, positions: Positions
    ) -> None:
        self._settings = settings
        self._database = database
        self._looks = looks
        self._positions = positions
        self._partitions = 0
        self._waiting = Waiting()
        observed = instruments()
        observed.gauge(
            "shadower.log.lag",
            "{entry}",
            "Entries of the log that are not written yet, of the partitions of this process",
            (),
            lambda: [((), self._waiting.entries())],
        )
        observed.gauge(
            "shadower.log.age",
            "s",
            "For how long entries have waited to be written; 0 if none do",
            (),
            lambda: [((), self._waiting.seconds())],
        )

    async def run(self) -> None:
        """Runs as long as the process does. While it cannot look, nobody says more than before."""
        patience = Patience(structlog.get_logger("writer"), "the end of the log is not known")
        while True:
            try:
                await self._keep_looking(patience)
            except (KafkaError, OSError, Fault) as away:
                await patience.wait(away)

    async def _keep_looking(self, patience: Patience) -> None:
        async with open_ends(self._settings, self._settings.log_topic) as ends:
            while True:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look(ends)
                patience.is_rewarded()
                await asyncio.sleep(PAUSE_SECONDS)

    async def _look(self, ends: TopicEnds) -> None:
        before = self._positions()
        if not before:
            self._waiting.forget()
            return
        moment = await fetch_moment(self._database)
        await self._begin_new(await ends.count_partitions())
        found = await ends.fetch(list(before))
        for partition, end in found.items():
            self._looks.add(partition, before[partition], Look(moment, end))
        self._waiting.look(moment, found, self._positions())
        await self._note(found, moment)

    async def _begin_new(self, partitions: int) -> None:
        """What a new partition has taken by a moment, nobody may call complete without it."""
        if partitions > self._partitions:
            await begin_positions(self._database, self._settings.log_topic, partitions)
            self._partitions = partitions

    async def _note(self, ends: Mapping[TopicPartition, int], moment: datetime) -> None:
        """Whoever writes a partition notes it himself; this is for those in which nothing waits."""
        written = self._positions()
        idle = {one.partition: end for one, end in ends.items() if written.get(one) == end}
        if idle:
            await note_complete(self._database, self._settings.log_topic, idle, moment)
