"""Wakes those who follow a workspace when somebody, in whichever process, has changed it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from services.runtime.bus.event import BusEvent


class Announcements:
    """Hears the bus for all followers. A wake-up only says: look; it carries nothing.

    Whoever was not listening for a while looks once more when it listens again, so nothing that
    was committed stays unseen.
    """

    def __init__(self) -> None:
        self._followers: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def following(self, workspace_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the workspace may have changed."""
        event = asyncio.Event()
        self._followers[workspace_id].add(event)
        try:
            yield event
        finally:
            self._followers[workspace_id].discard(event)
            if not self._followers[workspace_id]:
                del self._followers[workspace_id]

    async def hear(self, event: BusEvent) -> None:
        self._wake_followers_of(event.workspace_id)

    def resume(self) -> None:
        for workspace_id in self._followers:
            self._wake_followers_of(workspace_id)

    def _wake_followers_of(self, workspace_id: str) -> None:
        for event in self._followers.get(workspace_id, ()):
            event.set()
