"""What producers share, for programs that block and for those that await."""

import atexit
import logging
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

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


class Recording:
    """Takes facts without waiting, and lets a thread send them.

    A thread in programs that await, too: a loop that is busy would send nothing, and a program that
    ends has none any more.
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
        atexit.register(self._end)

    def record_nowait(self, *facts: Fact) -> None:
        """Takes all of these facts at once, or none and raises BufferFull."""
        self._waiting.put(self._workspace, self._encoded(facts), 0.0)

    def counts(self) -> ProducerCounts:
        return self._waiting.counts()

    @property
    def trouble(self) -> Exception | None:
        """Why the last attempt failed; None if it did not."""
        return self._sender.trouble

    def _end(self, timeout: float | None = None) -> None:
        """Sends what waits, for so many seconds at most; a program that ends does so."""
        atexit.unregister(self._end)
        if self._process != os.getpid():
            return
        self._waiting.end()
        self._sender.join(self._settings.close_seconds if timeout is None else timeout)
        self._sender.give_up()
        # A call that is under way has a deadline.
        self._sender.join(self._settings.call_seconds)
        if dropped := self._waiting.close():
            LOG.error("%d facts were not sent, and are lost: %s", dropped, self.trouble)

    def _patience(self, wait: float | None) -> float:
        """How many seconds to wait for room."""
        if wait is not None:
            return wait
        return self._settings.wait_seconds if self._settings.when_full == "wait" else 0.0

    def _refuse_in_child(self) -> None:
        if self._process != os.getpid():
            raise ValueError("the producer is a parent process's; make one after the fork")

    def _encoded(self, facts: Iterable[Fact]) -> list[Encoded]:
        """Those without an id get one, so it must not be done twice."""
        self._refuse_in_child()
        return [self._one_encoded(fact) for fact in facts]

    def _one_encoded(self, fact: Fact) -> Encoded:
        kind = KINDS[type(fact)]
        body = kind.encode(fact)
        if len(body) > self._settings.batch_bytes:
            raise ValueError(f"a fact of {len(body)} bytes does not fit into a batch")
        return Encoded(kind.field, body)
