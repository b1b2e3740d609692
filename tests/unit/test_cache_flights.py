"""Work that many wait for, in the moment in which it ends, and when there is too much of it."""

import asyncio

import pytest

from services.runtime.cache.flights import Flights
from services.runtime.faults import ResourceExhausted


async def test_who_comes_just_when_work_has_ended_begins_anew() -> None:
    flights: Flights[int] = Flights(2)
    ended, results = asyncio.Event(), iter((1, 2))

    async def work() -> int:
        ended.set()
        return next(results)

    async def late() -> int:
        await ended.wait()
        # The first is done now, and has not landed.
        assert not flights.is_under_way("key")
        return await flights.join("key", work)

    waiting = asyncio.create_task(late())
    await asyncio.sleep(0)
    assert await flights.join("key", work) == 1
    assert await asyncio.wait_for(waiting, 5) == 2
    await asyncio.sleep(0)
    assert len(flights) == 0


async def test_too_much_work_is_refused_and_what_is_under_way_can_be_joined() -> None:
    flights: Flights[str] = Flights(2)
    gate = asyncio.Event()

    async def work() -> str:
        await gate.wait()
        return "done"

    started = [asyncio.create_task(flights.join(key, work)) for key in ("a", "b", "a")]
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted) as refused:
        await flights.join("c", work)
    assert refused.value.reason == "SERVER_BUSY"
    gate.set()
    assert await asyncio.gather(*started) == ["done"] * 3
    assert await flights.join("c", work) == "done"


async def test_work_whose_callers_gave_up_still_has_its_place() -> None:
    flights: Flights[str] = Flights(1)
    gate = asyncio.Event()

    async def work() -> str:
        await gate.wait()
        return "done"

    impatient = asyncio.create_task(flights.join("a", work))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    assert not flights.has_room
    gate.set()
    assert await flights.join("a", work) == "done"
