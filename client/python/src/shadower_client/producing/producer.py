"""Takes facts at once, and sends them in the background."""

import atexit
import logging
import os
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from shadower_client.calling import Caller
from shadower_client.producing.buffer import Encoded, MemoryBuffer
from shadower_client.producing.delivery import Delivery
from shadower_client.producing.facts import KINDS
from shadower_client.producing.sender import Sender
from shadower_client.producing.settings import Fact, ProducerCounts, ProducerSettings
from shadower_client.producing.spool import Spool
from shadower_client.producing.waiting import Waiting
from shadower_client.retrying import RetryPolicy

LOG = logging.getLogger("shadower_client.producer")


class Producer:
    """What record() takes is sent in batches, in its order, until the server calls it durable,
    however long the server is away. In memory it lives as long as the process does; in a spool it
    outlives that. Both are bounded, and full means BufferFull: nothing is lost unseen, and counts()
    accounts for every fact.

    A producer belongs to one process: after a fork, the child makes one of its own.
    """

    def __init__(
        self,
        caller: Caller,
        spool: str | Path | None,
        workspace: str | None,
        settings: ProducerSettings,
    ) -> None:
        self._workspace = workspace or caller.defaults.workspace or ""
        if not self._workspace:
            raise ValueError("name a workspace, for the producer or where the client is made")
        self._settings = settings
        self._process = os.getpid()
        self._waiting = Waiting(Spool(Path(spool)) if spool else MemoryBuffer(), settings)
        # Whether a call is repeated is decided by the sender, whose patience has no end.
        once = replace(caller.defaults, retry=RetryPolicy(attempts=1))
        self._sender = Sender(self._waiting, Delivery(replace(caller, defaults=once), settings))
        self._sender.start()
        atexit.register(self.close)

    def record(self, *facts: Fact, wait: float | None = None) -> None:
        """Takes all of these facts, or none and raises BufferFull: at once, or after having waited
        for room.

        An event or metric point without an id gets one, so that sending it again is harmless.

        :param wait: Seconds to wait for room, in place of what the settings say.
        """
        self._refuse_in_child()
        if wait is None:
            wait = self._settings.wait_seconds if self._settings.when_full == "wait" else 0.0
        self._waiting.put(self._workspace, [self._encoded(fact) for fact in facts], wait)

    def flush(self, timeout: float | None = None) -> bool:
        """Sends what waits now; True when that is dealt with, or False if time ran out, or if the
        producer was closed before it was.
        """
        self._refuse_in_child()
        return self._waiting.flush(timeout)

    def counts(self) -> ProducerCounts:
        return self._waiting.counts()

    @property
    def trouble(self) -> Exception | None:
        """Why the last attempt failed; None if it did not."""
        return self._sender.trouble

    def close(self, timeout: float | None = None) -> None:
        """Sends what waits, for so many seconds at most. What is not sent then stays in the spool;
        without one it is dropped, counted and logged. A program that ends closes its producers.
        """
        atexit.unregister(self.close)
        if self._process != os.getpid():
            return
        self._waiting.end()
        self._sender.join(self._settings.close_seconds if timeout is None else timeout)
        self._sender.give_up()
        # A call that is under way has a deadline.
        self._sender.join(self._settings.call_seconds)
        if dropped := self._waiting.close():
            LOG.error("%d facts were not sent, and are lost: %s", dropped, self.trouble)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _refuse_in_child(self) -> None:
        if self._process != os.getpid():
            raise ValueError("the producer is a parent process's; make one after the fork")

    def _encoded(self, fact: Fact) -> Encoded:
        kind = KINDS[type(fact)]
        body = kind.encode(fact)
        if len(body) > self._settings.batch_bytes:
            raise ValueError(f"a fact of {len(body)} bytes does not fit into a batch")
        return Encoded(kind.field, body)
