"""The end of a process, as calls that would outlive it see it."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from services.runtime.faults import Unavailable

Request = TypeVar("Request")


class Draining(asyncio.Event):
    """Set when the process is told to end; streams end by themselves then."""

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
    await asyncio.wait([following, told], return_when=asyncio.FIRST_COMPLETED)
    if following.done():
        return following.result()
    following.cancel()
    return None
