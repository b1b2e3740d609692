"""One piece of work for a key, however many wait for it."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Flights(Generic[Result]):
    """Work under way. It belongs to no one who waits: neither their deadline ends it, nor the
    end of all of them."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Result]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    def is_under_way(self, key: Hashable) -> bool:
        return key in self._under_way

    async def join(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of the work that is under way, or that begins now. Raises what it raises."""
        return await asyncio.shield(self.start(key, work))

    def start(
        self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]
    ) -> "asyncio.Task[Result]":
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = asyncio.create_task(work())
            flight.add_done_callback(lambda ended: self._land(key, ended))
        return flight

    async def end(self) -> None:
        """Ends all of it."""
        flights = list(self._under_way.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _land(self, key: Hashable, flight: "asyncio.Task[Result]") -> None:
        del self._under_way[key]
        if not flight.cancelled():
            # Those who wait are told of a failure; if nobody does, nobody misses it.
            flight.exception()
