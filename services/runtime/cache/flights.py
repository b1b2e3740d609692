"""One piece of work for a key, however many wait for it."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

from services.runtime.faults import RETRY_DELAY, ResourceExhausted

Result = TypeVar("Result")


class Flights(Generic[Result]):
    """Work under way, at most so much. It belongs to no one who waits: neither their deadline ends
    it, nor the end of all of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: dict[Hashable, asyncio.Task[Result]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def has_room(self) -> bool:
        return len(self._under_way) < self._most

    def is_under_way(self, key: Hashable) -> bool:
        """What has ended is not, though it lands only when the loop comes round."""
        flight = self._under_way.get(key)
        return flight is not None and not flight.done()

    async def join(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of the work that is under way, or that begins now. Raises what it raises, and
        ResourceExhausted when there is too much."""
        return await asyncio.shield(self.start(key, work))

    def start(
        self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]
    ) -> "asyncio.Task[Result]":
        if not self.is_under_way(key):
            if not self.has_room:
                raise _too_many(self._most)
            flight = self._under_way[key] = asyncio.create_task(work())
            flight.add_done_callback(partial(self._land, key))
        return self._under_way[key]

    async def end(self) -> None:
        """Ends all of it."""
        flights = list(self._under_way.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _land(self, key: Hashable, flight: "asyncio.Task[Result]") -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]
        if not flight.cancelled():
            # Those who wait are told of a failure; if nobody does, nobody misses it.
            flight.exception()


def _too_many(most: int) -> ResourceExhausted:
    return ResourceExhausted(
        "SERVER_BUSY",
        f"the server calculates {most} answers at once, and no more",
        metadata={"limit": str(most)},
        retry_after=RETRY_DELAY,
    )
