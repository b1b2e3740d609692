"""The end of a process, as calls that would outlive it see it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, TypeVar

from services.runtime.faults import Unavailable

Request = TypeVar("Request")


class Draining(asyncio.Event):
    """Set when the process takes no more; streams end by themselves then."""

    def __init__(self) -> None:
        super().__init__()
        self._told = asyncio.Event()

    def tell(self) -> None:
        """The process is to end. Being told once more, it does so at once."""
        if self._told.is_set():
            self.set()
        self._told.set()

    @property
    def is_told(self) -> bool:
        return self._told.is_set()

    async def told(self) -> None:
        """Returns when the process is told to end."""
        await self._told.wait()

    async def notice(self, seconds: float) -> None:
        """Gives those who send calls so long to find out, and takes no more then."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.wait(), seconds)
        self.set()

    def fault(self) -> Unavailable:
        return Unavailable(
            "SERVER_DRAINING",
            "the server is shutting down; go on where the last answer ended",
        )


async def while_serving(
    requests: AsyncIterator[Request], draining: Draining
) -> AsyncIterator[Request]:
    """A stream's requests until the process is told to end. Raises Unavailable then."""
    told = asyncio.create_task(draining.wait())
    try:
        while (request := await _next_before(told, requests)) is not None:
            yield request
        if draining.is_set():
            raise draining.fault()
    finally:
        told.cancel()


async def _next_before(
    told: "asyncio.Task[bool]", requests: AsyncIterator[Request]
) -> Request | None:
    """None if there is no other, or none before the end."""
    following = asyncio.ensure_future(anext(requests, None))
    # If the call ends while it waits, nobody is left to be told what was wrong with the next one.
    following.add_done_callback(_look_at)
    try:
        await asyncio.wait([following, told], return_when=asyncio.FIRST_COMPLETED)
        return following.result() if following.done() else None
    finally:
        following.cancel()


def _look_at(done: "asyncio.Future[Any]") -> None:
    if not done.cancelled():
        done.exception()
