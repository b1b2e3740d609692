"""Who is woken, and who is forgotten."""

import asyncio

import pytest

from services.metrics.turns import Signal, Turns


async def test_all_who_wait_are_woken_and_nobody_who_comes_later() -> None:
    signal = Signal(Turns(at_once=2))
    early = [asyncio.create_task(signal.wait()) for _ in range(5)]
    await asyncio.sleep(0)
    signal.wake()
    late = asyncio.create_task(signal.wait())
    await asyncio.wait_for(asyncio.gather(*early), 5)
    assert not late.done()
    signal.wake()
    await asyncio.wait_for(late, 5)


async def test_whoever_waits_no_more_is_forgotten_though_nothing_happens() -> None:
    signal = Signal(Turns())
    for _ in range(3):
        await signal.wait(0.001)
    gone = asyncio.create_task(signal.wait())
    await asyncio.sleep(0)
    assert len(signal) == 1
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert len(signal) == 0
