"""Takes facts at once and sends them in the background."""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from shadower_client.calling import Caller
from shadower_client.errors import ShadowerError
from shadower_client.producing.buffer import Buffer, BufferFull, Entry, MemoryBuffer
from shadower_client.producing.delivery import Delivery, alike
from shadower_client.producing.facts import KINDS
from shadower_client.producing.settings import Fact, ProducerCounts, ProducerSettings
from shadower_client.producing.spool import Spool
from shadower_client.retrying import RetryPolicy

LOG = logging.getLogger("shadower_client.producer")


class Producer:
    """What record() takes is sent until the server calls it durable, in batches and in its order,
    however long the server is away. In memory (without a spool) it lives as long as the process
    does; in a spool it outlives that. Either is bounded, and full means BufferFull, never that
    something gets lost unseen: counts() accounts for every fact.

    A producer belongs to one process: after a fork, the child makes one of its own.
    """

    def __init__(
        self,
        caller: Caller,
        spool: str | Path | None,
        workspace: str | None,
        settings: ProducerSettings,
    ) -> None:
        self._workspace = workspace or caller.defaults.workspace
        self._settings = settings
        # Whether an attempt is repeated is decided here, where it may go on for hours.
        once = replace(caller.defaults, retry=RetryPolicy(attempts=1))
        self._delivery = Delivery(replace(caller, defaults=once), settings)
        self._pauses = RetryPolicy(longest_seconds=settings.longest_pause_seconds)
        self._buffer: Buffer = Spool(Path(spool)) if spool else MemoryBuffer()
        self._changed = threading.Condition()
        self._taken = self._sent = self._rejected = self._dropped = self._refused = 0
        self._recovered = self._buffer.items
        self._since = time.monotonic()
        self._urgent = self._buffer.last
        self._is_closing = self._is_closed = False
        self._given_up = threading.Event()
        self._trouble: ShadowerError | None = None
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="shadower-producer", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def record(self, *facts: Fact, wait: float | None = None) -> None:
        """Takes facts, or raises BufferFull: at once, or after having waited for room.

        An event or metric point without an id gets one, so that sending it again is harmless.

        :param wait: Seconds to wait for room, in place of what the settings say.
        """
        for fact in facts:
            kind = KINDS[type(fact)]
            self._take(kind.field, kind.encode(fact), wait)

    def flush(self, timeout: float | None = None) -> bool:
        """Sends what waits now, and returns when it is dealt with: True, or False if time ran
        out.
        """
        with self._changed:
            self._urgent = wanted = self._buffer.last
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._is_past(wanted), timeout)

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

    @property
    def trouble(self) -> ShadowerError | None:
        """Why the last attempt failed; None if it did not."""
        return self._trouble

    def close(self, timeout: float | None = None) -> None:
        """Sends what waits, for so long at most. What is not sent then stays in the spool; without
        one, it is dropped, counted, and logged."""
        atexit.unregister(self.close)
        if self._process != os.getpid():
            return  # It is the parent's.
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(self._settings.close_seconds if timeout is None else timeout)
        self._given_up.set()
        self._thread.join(self._settings.call_seconds)
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self, kind: str, body: bytes, wait: float | None) -> None:
        self._refuse_unless_usable(len(body))
        with self._changed:
            if not self._has_room(len(body)):
                self._await_room(len(body), wait)
            self._put(kind, body)
            if self._is_due():
                self._changed.notify_all()

    def _refuse_unless_usable(self, size: int) -> None:
        if self._is_closing:
            raise ValueError("the producer is closed")
        if self._process != os.getpid():
            raise ValueError("the producer is that of a parent process; make one after the fork")
        if not self._workspace:
            raise ValueError("name a workspace, for the producer or where the client is made")
        if size > self._settings.batch_bytes:
            raise ValueError(f"a fact of {size} bytes does not fit into a batch")

    def _has_room(self, size: int) -> bool:
        items, bytes_ = self._buffer.items + 1, self._buffer.size + size
        return items <= self._settings.max_items and bytes_ <= self._settings.max_bytes

    def _await_room(self, size: int, wait: float | None) -> None:
        own = self._settings.wait_seconds if self._settings.when_full == "wait" else 0.0
        self._urgent = self._buffer.last
        self._changed.notify_all()
        if not self._changed.wait_for(lambda: self._has_room(size), own if wait is None else wait):
            self._refused += 1
            raise BufferFull(
                f"{self._buffer.items} facts wait to be sent: {self._trouble or 'no trouble'}"
            )

    def _put(self, kind: str, body: bytes) -> None:
        if not self._buffer.items:
            self._since = time.monotonic()
        try:
            self._buffer.put(self._workspace or "", kind, body)
        except BufferFull:
            self._refused += 1
            raise
        self._taken += 1

    def _run(self) -> None:
        while batch := self._next():
            self._persist(lambda: self._deliver(batch))

    def _next(self) -> list[Entry]:
        """The next batch when it is due; nothing when all is over."""
        with self._changed:
            while not (self._is_due() or self._is_closing):
                self._changed.wait(self._until_due())
            if self._given_up.is_set():
                return []
            return self._buffer.first(self._settings.batch_items, self._settings.batch_bytes)

    def _is_due(self) -> bool:
        buffer, settings = self._buffer, self._settings
        return buffer.items > 0 and (
            buffer.items >= settings.batch_items
            or buffer.size >= settings.batch_bytes
            or not self._is_past(self._urgent)
            or time.monotonic() - self._since >= settings.batch_seconds
        )

    def _until_due(self) -> float | None:
        if not self._buffer.items:
            return None
        return max(0.0, self._since + self._settings.batch_seconds - time.monotonic())

    def _is_past(self, number: int) -> bool:
        """Whether all up to this one are dealt with: the rest have the numbers behind it."""
        return self._buffer.last - self._buffer.items >= number

    def _deliver(self, batch: list[Entry]) -> None:
        """Of a batch that failed in its middle, only the rest is there to be sent again."""
        for entries in alike(batch):
            delivered = self._delivery.deliver(entries)
            with self._changed:
                self._buffer.remove(entries)
                self._sent += delivered.sent
                self._rejected += delivered.rejected
                self._since = time.monotonic()
                self._changed.notify_all()

    def _persist(self, attempt: Callable[[], None]) -> None:
        """Once; after a failure it pauses, and the next batch is what is left of this one."""
        try:
            attempt()
        except ShadowerError as error:
            self._pause(error)
        else:
            self._trouble, self._failures = None, 0

    _failures = 0

    def _pause(self, error: ShadowerError) -> None:
        if self._trouble is None:
            LOG.warning("facts wait to be sent, and are tried again: %s", error)
        self._trouble, self._failures = error, self._failures + 1
        told = error.retry_after.total_seconds() if error.retry_after else 0.0
        self._given_up.wait(max(told, self._pauses.backoff(self._failures)))

    def _end(self) -> None:
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            if self._buffer.items and not self._buffer.is_durable:
                self._drop()
            self._buffer.close()

    def _drop(self) -> None:
        LOG.error("%d facts were not sent and are lost: %s", self._buffer.items, self._trouble)
        self._dropped = self._buffer.items
        self._buffer.remove(self._buffer.first(self._buffer.items, self._buffer.size))
