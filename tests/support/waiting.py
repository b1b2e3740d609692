"""Waiting for what other processes and tasks do, which tell nobody of it."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

SECONDS = 60.0
PAUSE_SECONDS = 0.02


async def until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """The condition holds, or what it is to be awaited for. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await _answer(condition()):  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(PAUSE_SECONDS)


async def _answer(said: object | Awaitable[object]) -> object:
    return await said if isawaitable(said) else said
