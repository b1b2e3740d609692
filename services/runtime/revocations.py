"""Tokens that ended before their time, as every process follows them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any

import structlog

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.faults import Unavailable

# Two looks and what they take must fit into two seconds.
LOOK_SECONDS = 0.5
TRIES_SECONDS = 0.5
# One page of many does not hold up the calls beside it.
MOST_AT_ONCE = 5_000
FORGETTING_SECONDS = 60.0


@dataclass(frozen=True)
class Revocation:
    """A token's end in a workspace, or in all of them if that is the reserved one."""

    number: int
    """It grows with each: who has seen one has seen all of those below it."""
    workspace_id: str
    token_id: str
    kept_until: datetime
    """By then the token has expired."""


ReadRevocations = Callable[[int, int], Awaitable[Sequence[Revocation]]]
"""Those above a number, in their order, and no more than so many. Raises Unavailable."""
OpenRevocations = Callable[[], AbstractAsyncContextManager[ReadRevocations]]
"""A way to where they are kept. Raises Unavailable."""


class Revocations:
    """Those of now. While nobody can tell of more, those that are known stay."""

    def __init__(self) -> None:
        self._ended: dict[str, dict[str, datetime]] = {}
        self._last = 0
        self._trouble = ""
        self._forgets_at = -inf
        self.is_known = False
        """Whether they have ever been read."""
        self.news = asyncio.Event()

    def has(self, token_ids: Iterable[str], workspace_id: str = SYSTEM_WORKSPACE) -> bool:
        """Whether one of the tokens has ended there, or everywhere."""
        if not self._ended:
            return False
        for token_id in token_ids:
            where = self._ended.get(token_id)
            if where and (workspace_id in where or SYSTEM_WORKSPACE in where):
                return True
        return False

    def learn(self, revocations: Sequence[Revocation], *, are_all: bool = True) -> None:
        """Those that are new; all, or the first of them."""
        for one in revocations:
            self._ended.setdefault(one.token_id, {})[one.workspace_id] = one.kept_until
            self._last = one.number
        self.is_known = self.is_known or are_all
        if revocations:
            self.news.set()
        if time.monotonic() >= self._forgets_at:
            self._forgets_at = time.monotonic() + FORGETTING_SECONDS
            self._forget_expired()

    def trouble(self) -> str:
        """What keeps calls from being admitted; "" if nothing does."""
        return "" if self.is_known else "revoked tokens are not known yet"

    async def follow(self, opened: OpenRevocations) -> None:
        """Goes on as long as the process does."""
        while True:
            try:
                async with opened() as read:
                    # All of them anew: numbers of a database that was restored begin earlier.
                    self._last = 0
                    await self._follow(read)
            except Unavailable as unavailable:
                self._tell(unavailable.message)
                await asyncio.sleep(TRIES_SECONDS)

    async def _follow(self, read: ReadRevocations) -> None:
        while True:
            found = await read(self._last, MOST_AT_ONCE)
            are_all = len(found) < MOST_AT_ONCE
            self.learn(found, are_all=are_all)
            self._tell("")
            await asyncio.sleep(LOOK_SECONDS if are_all else 0)

    def _tell(self, trouble: str) -> None:
        """Once, not at each try."""
        log: Any = structlog.get_logger("revocations")
        if trouble and not self._trouble:
            log.warning("revocations stay as they were", trouble=trouble)
        elif self._trouble and not trouble:
            log.info("revocations are followed again")
        self._trouble = trouble

    def _forget_expired(self) -> None:
        now = datetime.now(UTC)
        living = (
            (token_id, {place: until for place, until in where.items() if until > now})
            for token_id, where in self._ended.items()
        )
        self._ended = {token_id: where for token_id, where in living if where}
