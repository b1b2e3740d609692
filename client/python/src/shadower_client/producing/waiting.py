"""Facts that wait to be sent: who brings them, and who takes them away."""

import threading
import time
from collections.abc import Callable, Sequence

from shadower_client.producing.buffer import Buffer, BufferFull, Encoded, Entry
from shadower_client.producing.delivery import Delivered
from shadower_client.producing.settings import ProducerCounts, ProducerSettings


class Waiting:
    """Holds the lock of the buffer, and counts."""

    def __init__(self, buffer: Buffer, settings: ProducerSettings) -> None:
        self._buffer, self._settings = buffer, settings
        self._changed = threading.Condition()
        self._taken = self._sent = self._rejected = self._dropped = self._refused = 0
        self._recovered = buffer.items
        self._urgent = buffer.last
        """Up to this number nothing waits for a batch to fill."""
        self._since = time.monotonic()
        """Since when the first of them waits."""
        self._is_over = self._is_closed = self._is_left = False
        self._listeners: tuple[Callable[[], None], ...] = ()

    def put(self, workspace: str, facts: Sequence[Encoded], wait: float) -> None:
        """All of them or none. Raises BufferFull if there is no room, and none comes in so many
        seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.offer(workspace, facts), wait):
                raise self.refused(facts)

    def offer(self, workspace: str, facts: Sequence[Encoded]) -> bool:
        """Takes all of them if there is room. Raises BufferFull if a file has none."""
        size = sum(len(one.body) for one in facts)
        self._refuse_if_never(len(facts), size)
        with self._changed:
            self._refuse_if_over()
            if not self._has_room(len(facts), size):
                self.hurry()
                return False
            was_empty = not self._buffer.items
            self._keep(workspace, facts)
            if self._is_due() or was_empty:
                self._tell()
            return True

    def refused(self, facts: Sequence[Encoded]) -> BufferFull:
        """Nobody waits any longer for room for these."""
        with self._changed:
            self._refused += len(facts)
            return BufferFull(f"{self._buffer.items} facts of {self._buffer.size} bytes wait")

    def next(self) -> list[Entry]:
        """The next batch when it is due; nothing if nothing is left and nothing comes."""
        with self._changed:
            while not (self._is_due() or self._is_over):
                self._changed.wait(self._until_due())
            return self._buffer.first(self._settings.batch_items, self._settings.batch_bytes)

    def done(self, delivered: Delivered) -> None:
        """These are dealt with: the first that wait. Too late, if they were given up meanwhile."""
        with self._changed:
            if self._is_closed:
                return
            self._buffer.remove(delivered.entries)
            self._sent += len(delivered.entries) - len(delivered.rejected)
            self._rejected += len(delivered.rejected)
            self._since = time.monotonic()
            self._tell()

    def flush(self, timeout: float | None) -> bool:
        wanted = self.hurry()
        with self._changed:
            self._changed.wait_for(lambda: self.is_settled(wanted), timeout)
            return self.is_sent(wanted)

    def hurry(self) -> int:
        """What waits now is due, up to the fact of this number."""
        with self._changed:
            if self._urgent != self._buffer.last:
                self._urgent = self._buffer.last
                self._tell()
            return self._urgent

    def is_settled(self, number: int) -> bool:
        """Whether all up to this one are dealt with, or nobody does so any more."""
        with self._changed:
            return self._is_left or self._is_past(number)

    def is_sent(self, number: int) -> bool:
        with self._changed:
            return self._is_past(number) and not self._dropped

    def listen(self, listener: Callable[[], None]) -> None:
        """It is called at each change from any thread, with the lock held."""
        with self._changed:
            self._listeners = (*self._listeners, listener)

    def ignore(self, listener: Callable[[], None]) -> None:
        with self._changed:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def leave(self) -> None:
        """Nobody sends any more."""
        with self._changed:
            self._is_left = True
            self._tell()

    def end(self) -> None:
        """Nothing comes any more."""
        with self._changed:
            self._is_over = True
            self._tell()

    def close(self) -> int:
        """Gives up what waits in memory, and says how much that was."""
        with self._changed:
            if not (self._is_closed or self._buffer.is_durable):
                self._dropped = self._buffer.items
                self._buffer.remove(self._buffer.first(self._buffer.items, self._buffer.size))
            if not self._is_closed:
                self._buffer.close()
            self._is_closed = self._is_left = True
            self._tell()
            return self._dropped

    def counts(self) -> ProducerCounts:
        with self._changed:
            return ProducerCounts(
                taken=self._taken,
                recovered=self._recovered,
                sent=self._sent,
                rejected=self._rejected,
                dropped=self._dropped,
                waiting=self._buffer.items,
                refused=self._refused,
            )

    def _tell(self) -> None:
        self._changed.notify_all()
        for listener in self._listeners:
            listener()

    def _refuse_if_over(self) -> None:
        if self._is_over:
            raise ValueError("the producer is closed")

    def _refuse_if_never(self, items: int, size: int) -> None:
        if items > self._settings.max_items or size > self._settings.max_bytes:
            raise ValueError(f"{items} facts of {size} bytes are more than may ever wait")

    def _has_room(self, items: int, size: int) -> bool:
        within_items = self._buffer.items + items <= self._settings.max_items
        return within_items and self._buffer.size + size <= self._settings.max_bytes

    def _keep(self, workspace: str, facts: Sequence[Encoded]) -> None:
        if not self._buffer.items:
            self._since = time.monotonic()
        try:
            self._buffer.put(workspace, facts)
        except BufferFull:
            self._refused += len(facts)
            raise
        self._taken += len(facts)

    def _is_due(self) -> bool:
        buffer, settings = self._buffer, self._settings
        is_full = buffer.items >= settings.batch_items or buffer.size >= settings.batch_bytes
        return buffer.items > 0 and (
            is_full or not self._is_past(self._urgent) or self._until_due() == 0
        )

    def _until_due(self) -> float | None:
        """Seconds until the first of those that wait is old enough."""
        if not self._buffer.items:
            return None
        return max(0.0, self._since + self._settings.batch_seconds - time.monotonic())

    def _is_past(self, number: int) -> bool:
        """Whether all up to this one are dealt with: those that wait have the numbers behind it."""
        return self._buffer.last - self._buffer.items >= number
