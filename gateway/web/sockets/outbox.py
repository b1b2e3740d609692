"""What a WebSocket has yet to say: bounded, and by turns of those who have something to say."""

import asyncio
from collections import deque
from typing import Protocol

# Answers to what the client itself sent. While they are not taken, no more is read from it.
MOST_ANSWERS = 16


class Source(Protocol):
    """Something that has frames to send."""

    def take(self) -> str:
        """The next frame, of at least one."""

    def __bool__(self) -> bool:
        """Whether there is one."""


class Queue:
    """Frames in their order; whoever has too many waits."""

    def __init__(self, outbox: "Outbox", most: int) -> None:
        self._outbox = outbox
        self._most = most
        self._frames: deque[str] = deque()
        self._room = asyncio.Event()
        self._room.set()

    def __bool__(self) -> bool:
        return bool(self._frames)

    def take(self) -> str:
        frame = self._frames.popleft()
        self._room.set()
        return frame

    async def put(self, frame: str) -> None:
        while len(self._frames) >= self._most:
            self._room.clear()
            await self._room.wait()
        self._frames.append(frame)
        self._outbox.wake(self)


class Outbox:
    """Knows which sources have something, and gives one frame of each in turn."""

    def __init__(self) -> None:
        self._ready: dict[Source, None] = {}
        self._something = asyncio.Event()
        self.answers = Queue(self, MOST_ANSWERS)

    def wake(self, source: Source) -> None:
        self._ready[source] = None
        self._something.set()

    def forget(self, source: Source) -> None:
        self._ready.pop(source, None)

    async def next(self) -> str:
        while not self._ready:
            self._something.clear()
            await self._something.wait()
        source = next(iter(self._ready))
        del self._ready[source]
        frame = source.take()
        if source:
            self._ready[source] = None
        return frame
