"""Where partitions begin and end, of those of which anybody says so."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from time import monotonic

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.runtime.kafka import Consumer
from services.runtime.patience import Patience

SECONDS = 3.0
# So that those which others lead are not held up.
AGAIN_SECONDS = 10.0


class Bounds:
    """A partition that nobody leads at the moment keeps no other one from being written."""

    def __init__(self) -> None:
        self._unknown: dict[TopicPartition, str] = {}
        self._again_at = 0.0
        self._patience = Patience(structlog.get_logger("writer"), "not begun")

    def troubles(self) -> Iterable[str]:
        return self._unknown.values()

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """They belong to somebody else."""
        for one in partitions:
            self._unknown.pop(one, None)

    def keep(self, partitions: Collection[TopicPartition]) -> None:
        """The others do, perhaps since somebody was asked about them."""
        self.forget([one for one in self._unknown if one not in partitions])

    def clear(self) -> None:
        """All of them do."""
        self._unknown.clear()

    def is_time(self) -> bool:
        """Whether to ask once more."""
        return monotonic() >= self._again_at

    async def fetch(
        self, consumer: Consumer, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, tuple[int, int]]:
        """Their first entries and their ends."""
        found = await asyncio.gather(*(self._of(consumer, one) for one in partitions))
        return {one: bounds for one, bounds in zip(partitions, found, strict=True) if bounds}

    async def _of(self, consumer: Consumer, one: TopicPartition) -> tuple[int, int] | None:
        try:
            async with asyncio.timeout(SECONDS):
                firsts = await consumer.beginning_offsets([one])
                ends = await consumer.end_offsets([one])
        except (KafkaError, TimeoutError) as nobody:
            self._patience.tell(nobody)
            self._unknown[one] = f"{one.topic}/{one.partition}: nobody says where it ends"
            self._again_at = monotonic() + AGAIN_SECONDS
            return None
        self.forget([one])
        if not self._unknown:
            self._patience.is_rewarded()
        return firsts[one], ends[one]
