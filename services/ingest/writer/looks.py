"""Where partitions were seen to end, and so by when all that is written was acknowledged."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from aiokafka import TopicPartition

# Of a long way behind, fewer looks tell as well how far it is.
MOST_LOOKS = 256


@dataclass(frozen=True)
class Look:
    """Whatever a partition had acknowledged by the moment lies before the end."""

    moment: datetime
    end: int


class Looks:
    """At ends that are not reached yet, for whoever will reach them."""

    def __init__(self) -> None:
        self._looks: defaultdict[TopicPartition, list[Look]] = defaultdict(list)

    def add(self, partition: TopicPartition, position: int, look: Look) -> None:
        """Of a partition that was written up to the position before it was looked at."""
        if look.end < position:
            # It is not the log that was written, so its offsets say nothing of what is.
            self._looks.pop(partition, None)
            return
        ahead = [one for one in self._looks[partition] if position <= one.end < look.end]
        if len(ahead) >= MOST_LOOKS:
            # Not the first one, which will be reached first.
            del ahead[1::2]
        self._looks[partition] = [*ahead, look]

    def complete_until(self, partition: TopicPartition, position: int) -> datetime | None:
        """What was acknowledged by then lies before the position; None if no look says so."""
        reached = [look.moment for look in self._looks[partition] if look.end <= position]
        return max(reached, default=None)
