"""What all WebSockets of the process share, and what they share it within."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from gateway.web.services import Services
from gateway.web.settings import WebSettings
from gateway.web.sockets.endings import GOING_AWAY, Ending
from gateway.web.sockets.shares import Shares, refuse_from
from gateway.web.texts import Texts
from services.runtime.draining import Draining
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
        self.texts = Texts()
        self._owners: dict[Guest, str | None] = {}
        self._sockets = Shares()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._subscriptions = 0
        self._subscriptions_of = Shares()

    def check_room(self) -> None:
        """Raises Unavailable, or ResourceExhausted, before a connection is taken."""
        if self.draining.is_set():
            raise self.draining.fault()
        refuse_from(self.settings.max_sockets, len(self._owners))

    def check_share(self, owner: str | None) -> None:
        """Raises ResourceExhausted. Those of nobody known yet share a bound of their own."""
        of_one = self.settings.sockets_per_subject
        limit = of_one if owner is not None else self.settings.max_unknown_sockets
        self._sockets.check(owner, limit)

    @contextmanager
    def guest(self, one: Guest, owner: str | None) -> Iterator[None]:
        self._owners[one] = owner
        self._sockets.take(owner)
        self._is_empty.clear()
        try:
            yield
        finally:
            self._sockets.give_back(self._owners.pop(one))
            if not self._owners:
                self._is_empty.set()

    def belong(self, one: Guest, owner: str) -> None:
        """From now on the connection is that owner's. Raises ResourceExhausted."""
        before = self._owners[one]
        if before == owner:
            return
        self.check_share(owner)
        self._owners[one] = owner
        self._sockets.take(owner)
        self._sockets.give_back(before)

    @contextmanager
    def subscription(self, one: Guest) -> Iterator[None]:
        """Counts for whose the connection was when it began, whatever token comes later."""
        owner = self._owners[one]
        refuse_from(self.settings.max_subscriptions, self._subscriptions)
        self._subscriptions_of.check(owner, self.settings.subscriptions_per_subject)
        self._subscriptions += 1
        self._subscriptions_of.take(owner)
        try:
            yield
        finally:
            self._subscriptions -= 1
            self._subscriptions_of.give_back(owner)

    async def empty(self) -> None:
        """Ends every connection when the process is told to end. Returns when all have heard it."""
        await self.draining.wait()
        for one in list(self._owners):
            one.end(Ending(GOING_AWAY, self.draining.fault()))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_seconds):
                await self._is_empty.wait()
