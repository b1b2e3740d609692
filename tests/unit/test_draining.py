"""A stream's requests, while the process serves and when the call ends."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.runtime.draining import Draining, while_serving
from services.runtime.faults import Unavailable


async def one_then_nothing() -> AsyncIterator[int]:
    yield 1
    await asyncio.Event().wait()


async def bad_one(looked_at: asyncio.Event) -> AsyncIterator[int]:
    await looked_at.wait()
    raise ValueError
    yield 1


async def test_requests_end_with_the_process() -> None:
    draining = Draining()
    requests = while_serving(one_then_nothing(), draining)
    assert await anext(requests) == 1
    draining.set()
    with pytest.raises(Unavailable):
        await anext(requests)


@pytest.fixture
async def complaints() -> AsyncIterator[list[dict[str, Any]]]:
    """Of what nobody looked at."""
    heard: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, said: heard.append(said))
    yield heard
    loop.set_exception_handler(None)


async def test_what_comes_after_the_call_has_ended_is_nobodys(
    complaints: list[dict[str, Any]],
) -> None:
    looked_at = asyncio.Event()
    reading = asyncio.ensure_future(anext(while_serving(bad_one(looked_at), Draining()), 0))
    await asyncio.sleep(0.01)
    reading.cancel()
    await asyncio.wait([reading])
    looked_at.set()
    await asyncio.sleep(0.01)
    gc.collect()
    assert complaints == []
