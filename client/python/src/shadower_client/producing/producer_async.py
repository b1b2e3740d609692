"""The same for programs that await."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from shadower_client.producing.recording import Recording
from shadower_client.producing.settings import Fact


class AsyncProducer(Recording):
    """As Producer is: what it takes is sent until the server calls it durable, in memory or in a
    spool, and counts() accounts for every fact. What waits is awaited, and blocks no event loop.

    It may be used in any event loop of its process.
    """

    async def record(self, *facts: Fact, wait: float | None = None) -> None:
        """Takes all of these facts, or none and raises BufferFull: at once, or after having waited
        for room. Who is cancelled while it waits has recorded nothing.

        An event or metric point without an id gets one, so that sending it again is harmless.

        :param wait: Seconds to wait for room, in place of what the settings say.
        """
        encoded, waiting = self._encoded(facts), self._waiting
        if not await self._until(
            lambda: waiting.offer(self._workspace, encoded), self._patience(wait)
        ):
            raise waiting.refused(encoded)

    async def flush(self, timeout: float | None = None) -> bool:
        """Sends what waits now; True when that is dealt with, or False if time ran out, or if the
        producer was closed before it was.
        """
        self._refuse_in_child()
        wanted = self._waiting.hurry()
        await self._until(lambda: self._waiting.is_settled(wanted), timeout)
        return self._waiting.is_sent(wanted)

    async def close(self, timeout: float | None = None) -> None:
        """Sends what waits, for so many seconds at most. What is not sent then stays in the spool;
        without one it is dropped, counted and logged. A program that ends closes its producers.
        """
        await asyncio.to_thread(self._end, timeout)

    async def _until(self, reached: Callable[[], bool], seconds: float | None) -> bool:
        """Whether it is in time. Asks at once, and then after each change."""
        if reached():
            return True
        change, loop = asyncio.Event(), asyncio.get_running_loop()

        def told() -> None:
            # A loop that is closed has nobody who waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(change.set)

        self._waiting.listen(told)
        try:
            async with asyncio.timeout(seconds):
                while not reached():
                    await change.wait()
                    change.clear()
        except TimeoutError:
            return False
        finally:
            self._waiting.ignore(told)
        return True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
