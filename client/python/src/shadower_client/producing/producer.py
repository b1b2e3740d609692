"""Takes facts at once, and sends them in the background."""

from types import TracebackType
from typing import Self

from shadower_client.producing.recording import Recording
from shadower_client.producing.settings import Fact


class Producer(Recording):
    """What record() takes is sent in batches, in its order, until the server calls it durable,
    however long the server is away. In memory it lives as long as the process does; in a spool it
    outlives that. Both are bounded, and full means BufferFull: nothing is lost unseen, and counts()
    accounts for every fact.

    A producer belongs to one process: after a fork, the child makes one of its own.
    """

    def record(self, *facts: Fact, wait: float | None = None) -> None:
        """Takes all of these facts, or none and raises BufferFull: at once, or after having waited
        for room.

        An event or metric point without an id gets one, so that sending it again is harmless.

        :param wait: Seconds to wait for room, in place of what the settings say.
        """
        self._waiting.put(self._workspace, self._encoded(facts), self._patience(wait))

    def flush(self, timeout: float | None = None) -> bool:
        """Sends what waits now; True when that is dealt with, or False if time ran out, or if the
        producer was closed before it was.
        """
        self._refuse_in_child()
        return self._waiting.flush(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Sends what waits, for so many seconds at most. What is not sent then stays in the spool;
        without one it is dropped, counted and logged. A program that ends closes its producers.
        """
        self._end(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
