"""Tests wait for a condition until it holds, and no longer than they say."""

from collections.abc import Callable

import pytest

from tests.support.waiting import until


def third_time() -> Callable[[], bool]:
    asked: list[None] = []

    def holds() -> bool:
        asked.append(None)
        return len(asked) >= 3

    return holds


async def test_it_waits_for_what_holds_later() -> None:
    holds = third_time()
    await until(holds)
    assert holds()


async def test_it_awaits_what_is_to_be_awaited() -> None:
    holds, asked = third_time(), 0

    async def answers() -> bool:
        nonlocal asked
        asked += 1
        return holds()

    await until(answers)
    assert asked == 3


async def test_what_never_holds_ends_it() -> None:
    async def never() -> bool:
        return False

    for condition in (never, lambda: False):
        with pytest.raises(TimeoutError):
            await until(condition, seconds=0.05)
