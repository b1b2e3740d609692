"""What all WebSockets of the process share, and what they share it within."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from gateway.web.services import Services
from gateway.web.settings import WebSettings
from gateway.web.sockets.endings import GOING_AWAY, Ending
from services.runtime.draining import Draining
from services.runtime.faults import RETRY_DELAY, ResourceExhausted
from services.runtime.identity import TokenVerifier


class Guest(Protocol):
    """A connection that can be told to end."""

    def end(self, ending: Ending) -> None: ...


class Room:
    """Counts connections and subscriptions, and ends all of them when the process is to end."""

    def __init__(
        self,
        settings: WebSettings,
        verifier: TokenVerifier,
        services: Services,
        draining: Draining,
    ) -> None:
        self.settings = settings
        self.verifier = verifier
        self.services = services
        self.draining = draining
        self._guests: set[Guest] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._subscriptions = 0

    def check_room(self) -> None:
        """Raises Unavailable, or ResourceExhausted, before a connection is taken."""
        if self.draining.is_set():
            raise self.draining.fault()
        if len(self._guests) >= self.settings.max_sockets:
            raise _busy(self.settings.max_sockets)

    @contextmanager
    def guest(self, one: Guest) -> Iterator[None]:
        self._guests.add(one)
        self._is_empty.clear()
        try:
            yield
        finally:
            self._guests.discard(one)
            if not self._guests:
                self._is_empty.set()

    @contextmanager
    def subscription(self) -> Iterator[None]:
        if self._subscriptions >= self.settings.max_subscriptions:
            raise _busy(self.settings.max_subscriptions)
        self._subscriptions += 1
        try:
            yield
        finally:
            self._subscriptions -= 1

    async def empty(self) -> None:
        """Ends every connection when the process is told to end. Returns when all have heard it."""
        await self.draining.wait()
        for one in list(self._guests):
            one.end(Ending(GOING_AWAY, self.draining.fault()))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_seconds):
                await self._is_empty.wait()


def _busy(limit: int) -> ResourceExhausted:
    return ResourceExhausted(
        "SERVER_BUSY",
        f"the server has as many as it takes: {limit}",
        metadata={"limit": str(limit)},
        retry_after=RETRY_DELAY,
    )
