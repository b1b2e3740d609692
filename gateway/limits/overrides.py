"""The limits that were set, of all workspaces, as this process knows them."""

import asyncio
from typing import Any

import structlog

from gateway.limits.following import Following
from gateway.limits.limit import DEFAULTS, Limit, Scope
from services.runtime.faults import Fault
from services.warehouse.limits.changes import LimitChanges, SetLimit

POLL_SECONDS = 0.5
MOST_LIMITS = 100_000
"""That are set, in all workspaces together. Each process knows all of them."""

Key = tuple[str, str, Scope]


class Overrides:
    """A LimitSource: what was set, else the default of the class."""

    def __init__(self, changes: LimitChanges, most: int = MOST_LIMITS) -> None:
        self._following = Following(changes.since)
        self.most = most
        self._set: dict[Key, Limit] = {}
        self.is_known = False
        """Whether they were read since the process began. Until then, defaults hold."""

    def limit(self, workspace_id: str, limit_class: str, scope: Scope) -> Limit:
        return self._set.get((workspace_id, limit_class, scope), DEFAULTS[limit_class])

    def is_set(self, workspace_id: str, limit_class: str, scope: Scope) -> bool:
        return (workspace_id, limit_class, scope) in self._set

    def have_room_for(self, workspace_id: str, limit_class: str, scope: Scope) -> bool:
        is_one_more = not self.is_set(workspace_id, limit_class, scope)
        return len(self._set) + is_one_more <= self.most

    async def look(self) -> None:
        """Raises a Fault if what has changed cannot be read; what is known stays then."""
        news = await self._following.news()
        if news.are_all:
            self._set = {}
        for one in news.changes:
            self._take(one)
        self.is_known = True

    def _take(self, one: SetLimit) -> None:
        key = (one.workspace_id, one.limit_class, Scope(one.scope))
        if one.amount is None or one.seconds is None:
            self._set.pop(key, None)
        else:
            self._set[key] = Limit(one.amount, one.seconds)

    async def follow(self) -> None:
        """Looks as long as it runs."""
        log: Any = structlog.get_logger("limits")
        failed = False
        while True:
            try:
                await self.look()
                failed = False
            except (Fault, TimeoutError) as error:
                if not failed:
                    log.warning("limits stay as they were", error=str(error))
                failed = True
            await asyncio.sleep(POLL_SECONDS)

    async def trouble(self) -> str:
        return "" if self.is_known else "the limits that were set are not known yet"
