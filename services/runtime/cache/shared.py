"""The tier that replicas share, as the cache sees it; and the one that shares nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import NamedTuple, Protocol

from services.runtime.cache.entry import Entry
from services.runtime.cache.statistics import SharedState


class Forgotten(NamedTuple):
    """How many answers were dropped: by this process, and of those that are shared. None of the
    latter means that others could not be told."""

    here: int
    shared: int | None


class Turn(Protocol):
    """One replica's try at an answer. Whatever fails in the tier, the try goes on without it."""

    def answers(self) -> AsyncIterator[Entry]:
        """What others have found, as it comes. Ends when it is this replica's turn to calculate."""

    async def tell(self, entry: Entry) -> None:
        """Shares what was calculated."""


class SharedTier(Protocol):
    """Answers that all replicas see, and whose turn it is to calculate one. May fail at any time,
    but only into having nothing."""

    def turn(self, key: str) -> AbstractAsyncContextManager[Turn]:
        """Is over, for others too, when it is left."""

    @property
    def state(self) -> SharedState: ...

    async def forget(self, pattern: str) -> int | None:
        """Drops answers whose keys match, and tells the other replicas; how many, or None if they
        could not be told. What is being calculated meanwhile is not shared."""

    async def listen(self, forget: Callable[[str], object]) -> None:
        """Passes on what any replica forgets, as long as the process lives. Passes on "*" when
        something was missed."""


class NothingShared:
    """A SharedTier for a process that is on its own; and its Turn."""

    def turn(self, key: str) -> AbstractAsyncContextManager[Turn]:  # noqa: ARG002
        return nullcontext(self)

    async def answers(self) -> AsyncIterator[Entry]:
        nothing: tuple[Entry, ...] = ()
        for entry in nothing:
            yield entry

    async def tell(self, entry: Entry) -> None:
        """Nobody listens."""

    @property
    def state(self) -> SharedState:
        return SharedState.NONE

    async def forget(self, pattern: str) -> int | None:  # noqa: ARG002
        return 0

    async def listen(self, forget: Callable[[str], object]) -> None:  # noqa: ARG002
        await asyncio.Event().wait()
