"""A SharedTier of one test: a dictionary, with the same bytes in it as Redis has."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from fnmatch import fnmatchcase

from services.runtime.cache.entry import Entry, decode, encode
from services.runtime.cache.shared import Turn
from services.runtime.cache.statistics import SharedState

EDITION = b"test"


class InMemory:
    """Every turn is free."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    def turn(self, key: str) -> AbstractAsyncContextManager[Turn]:
        return nullcontext(_Turn(self.stored, key))

    @property
    def state(self) -> SharedState:
        return SharedState.USED

    async def forget(self, pattern: str) -> int | None:
        keys = [key for key in self.stored if fnmatchcase(key, pattern)]
        for key in keys:
            del self.stored[key]
        return len(keys)

    async def listen(self, forget: Callable[[str], object]) -> None:
        """Nobody else is there."""


class _Turn:
    def __init__(self, stored: dict[str, bytes], key: str) -> None:
        self._stored = stored
        self._key = key

    async def answers(self) -> AsyncIterator[Entry]:
        if self._key in self._stored:
            yield decode(self._stored[self._key], self._key, EDITION)

    async def tell(self, entry: Entry) -> None:
        self._stored[self._key] = encode(entry, self._key, EDITION)
