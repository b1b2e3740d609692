"""The thread that sends what waits."""

import logging
import threading

from shadower_client.errors import ShadowerError
from shadower_client.producing.buffer import Entry
from shadower_client.producing.delivery import Delivery, alike
from shadower_client.producing.waiting import Waiting
from shadower_client.retrying import RetryPolicy

LOG = logging.getLogger("shadower_client.producer")


class Sender(threading.Thread):
    """Batch after batch, in their order; one that fails is tried again until it does not."""

    def __init__(self, waiting: Waiting, delivery: Delivery) -> None:
        super().__init__(name="shadower-producer", daemon=True)
        self.trouble: Exception | None = None
        self._waiting, self._delivery = waiting, delivery
        self._pauses = RetryPolicy(longest_seconds=delivery.settings.longest_pause_seconds)
        self._failures = 0
        self._has_given_up = threading.Event()

    def run(self) -> None:
        try:
            while not self._has_given_up.is_set() and self._goes_on():
                pass
        finally:
            self._waiting.leave()

    def _goes_on(self) -> bool:
        """Whether there was something to send, or may be."""
        try:
            batch = self._waiting.next()
            self._send(batch)
        # A spool, or what hands out tokens, may fail in any way. What waits must be sent after it.
        except Exception as error:  # noqa: BLE001
            self._pause(error)
            return True
        return bool(batch)

    def give_up(self) -> None:
        self._has_given_up.set()

    def _send(self, batch: list[Entry]) -> None:
        """Of a batch that fails in its middle, what comes before that is dealt with. Who gives up
        waits for one call, and not for several."""
        for entries in alike(batch):
            if self._has_given_up.is_set():
                return
            delivered = self._delivery.deliver(entries)
            self._waiting.done(delivered)
            self._delivery.tell(delivered)
        self.trouble, self._failures = None, 0

    def _pause(self, error: Exception) -> None:
        if self.trouble is None or _words(error) != _words(self.trouble):
            is_foreign = not isinstance(error, ShadowerError)
            LOG.warning("facts wait, and are sent later: %s", error, exc_info=is_foreign)
        self.trouble, self._failures = error, self._failures + 1
        told = error.retry_after if isinstance(error, ShadowerError) else None
        own = self._pauses.backoff(self._failures)
        self._has_given_up.wait(max(own, told.total_seconds()) if told else own)


def _words(error: Exception) -> str:
    """What is wrong, without what differs each time, such as the id of the request."""
    if isinstance(error, ShadowerError):
        return f"{error.code.name} {error.reason or error.message}"
    return repr(error)
