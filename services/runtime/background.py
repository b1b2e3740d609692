"""What goes on beside something else: beside answering calls, or beside the rest of one."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def in_background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Goes on as long as the body does. If it breaks, so does the body, and the process with it."""
    async with side_by_side() as group:
        tasks = [group.create_task(one) for one in work]
        yield
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def side_by_side() -> AsyncIterator[asyncio.TaskGroup]:
    """What is begun in the group has ended when the block has. What breaks first ends all of it.

    Raises that, as it was raised.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as broken:
        raise broken.exceptions[0] from broken
