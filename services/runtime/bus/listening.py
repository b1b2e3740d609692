"""One line to the bus for all of a process that listens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from services.runtime.background import in_background
from services.runtime.bus.event import BroadcastSubscriber, BusEvent


class Listener(Protocol):
    """Wants to know what happens while it is listened to."""

    async def hear(self, event: BusEvent) -> None:
        """An event of any type. Must bear to get one again."""

    def resume(self) -> None:
        """Listening begins, perhaps again: what happened before that was not told."""


@asynccontextmanager
async def listening(broadcast: BroadcastSubscriber, *listeners: Listener) -> AsyncIterator[None]:
    async def hear(event: BusEvent) -> None:
        for listener in listeners:
            await listener.hear(event)

    def resume() -> None:
        for listener in listeners:
            listener.resume()

    async with in_background(broadcast.run(hear, resume)):
        yield
