"""Wakes those who follow a workspace when somebody, in whichever process, has changed it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import asyncpg
import structlog

from services.runtime.pool import Connection

CHANNEL = "shadower_changes"
RECONNECT_SECONDS = 1.0

Connect = Callable[[], Awaitable[Connection]]


class Announcements:
    """Listens on one connection for all followers. A wake-up only says: look; it carries nothing.

    Whoever was not listening for a while looks once more when it listens again, so nothing that
    was committed stays unseen.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
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

    async def listen(self) -> None:
        """Runs as long as the process does, however often the connection breaks."""
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen_once()
            structlog.get_logger("announcements").warning("connection lost; listening again")
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        connection = await self._connect()
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _: broken.set())
        try:
            await connection.add_listener(CHANNEL, self._wake_followers_of)
            self._wake_everyone()
            await broken.wait()
        finally:
            connection.terminate()

    def _wake_followers_of(self, _: object, __: int, ___: str, workspace_id: object) -> None:
        for event in self._followers.get(str(workspace_id), ()):
            event.set()

    def _wake_everyone(self) -> None:
        for workspace_id in self._followers:
            self._wake_followers_of(None, 0, CHANNEL, workspace_id)


@asynccontextmanager
async def open_announcements(connect: Connect) -> AsyncIterator[Announcements]:
    announcements = Announcements(connect)
    listening = asyncio.create_task(announcements.listen())
    try:
        yield announcements
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
