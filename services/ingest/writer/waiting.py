"""What of the log is not written yet, and since when it waits."""

from collections.abc import Mapping
from datetime import datetime

from aiokafka import TopicPartition

from services.ingest.writer.looks import MOST_LOOKS, Look


class Waiting:
    """Of the partitions that this process has, as of the last look at their ends.

    Where entries come without end something always waits, so it is told for how long the oldest of
    them has: since the first look at an end that is not reached.
    """

    def __init__(self) -> None:
        self._unreached: dict[TopicPartition, list[Look]] = {}
        self._written: dict[TopicPartition, int] = {}

    def look(
        self,
        moment: datetime,
        ends: Mapping[TopicPartition, int],
        written: Mapping[TopicPartition, int],
    ) -> None:
        """What is not in `written` belongs to somebody else by now."""
        self._unreached = {
            one: self._still_unreached(one, Look(moment, end), written[one])
            for one, end in ends.items()
            if one in written
        }

    def forget(self) -> None:
        """All partitions belong to others."""
        self._unreached = {}

    def _still_unreached(self, one: TopicPartition, look: Look, written: int) -> list[Look]:
        self._written[one] = written
        # An end that has come closer is one of another log, of which older looks say nothing.
        before = [old for old in self._unreached.get(one, ()) if written < old.end <= look.end]
        if len(before) >= MOST_LOOKS:
            # Not the first one, which tells the age.
            del before[1::2]
        return [*before, look] if written < look.end else []

    def entries(self) -> int:
        return sum(
            looks[-1].end - self._written[one] for one, looks in self._unreached.items() if looks
        )

    def seconds(self) -> float:
        """0 if nothing waits."""
        spans = (looks[-1].moment - looks[0].moment for looks in self._unreached.values() if looks)
        return max((span.total_seconds() for span in spans), default=0.0)
