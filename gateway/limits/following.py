"""What was set, read as it changes, and all of it now and then."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

ANEW_SECONDS = 60.0

Change = TypeVar("Change")


class News(NamedTuple, Generic[Change]):
    """What may have changed, or all that there is."""

    changes: Sequence[Change]
    are_all: bool


class Following(Generic[Change]):
    """Reads what changed since the last time. A database that was restored is behind its own past:
    its changes have positions that were read already. So all is read anew after a failure, and once
    a minute."""

    def __init__(
        self,
        since: Callable[[int], Awaitable[tuple[Sequence[Change], int]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._since = since
        self._clock = clock
        self._position = 0
        self._anew_at = 0.0

    async def news(self) -> News[Change]:
        """Raises what the reading raises."""
        now = self._clock()
        are_all = self._position == 0 or now >= self._anew_at
        start, self._position = 0 if are_all else self._position, 0
        changes, self._position = await self._since(start)
        if are_all:
            self._anew_at = now + ANEW_SECONDS
        return News(changes, are_all)
