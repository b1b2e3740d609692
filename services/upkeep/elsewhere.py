"""Erases what is not in the database: remembered answers, records of topics, files of reports."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.runtime.cache.forgetting import forget_for_all
from services.runtime.cache.redis_tier import EDITION_LETTERS
from services.runtime.faults import Unavailable
from services.runtime.redis_client import FAILURES
from services.runtime.settings import Settings
from services.upkeep.topics import forget_written, longest_kept
from services.warehouse.database import Database
from services.warehouse.erasure.erasing import Note
from services.warehouse.erasure.erasures import Erasure
from services.warehouse.facts.positions import fetch_positions

EraseThere = Callable[[Erasure], Awaitable[Mapping[str, int]]]
"""Another service erases what it has; how much that was, by what it is. Must bear to be
repeated."""


class Elsewhere:
    """Everything outside. `services` are those that keep something of their own, such as files."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        redis: Any | None,
        services: Sequence[EraseThere] = (),
    ) -> None:
        self._settings = settings
        self._database = database
        self._redis = redis
        self._services = services

    async def erase(self, erasure: Erasure, note: Note) -> datetime | None:
        for erase_there in self._services:
            await note(await erase_there(erasure))
        await note({"answers": await self._forget_answers(erasure.workspace_id)})
        kept = await self._copies_kept()
        async with self._database.writing(erasure.workspace_id) as session:
            return session.as_of + kept if kept else None

    async def _forget_answers(self, workspace_id: str) -> int:
        """In Redis, and in all processes that hear of it there."""
        if self._redis is None:
            return 0
        pattern = f"{workspace_id}:*"
        name = f"shadower:answer:{'?' * EDITION_LETTERS}:{pattern}"
        try:
            return await forget_for_all(self._redis, name, pattern)
        except FAILURES as away:
            raise Unavailable("CACHE_UNREACHABLE", "the cache cannot be told") from away

    async def _copies_kept(self) -> timedelta:
        """How long what nobody can erase may be there still."""
        kept = timedelta()
        if self._redis is None:
            # Processes that are not told to forget never tell it, and drop it by then.
            kept = timedelta(seconds=self._settings.cache_lifetime_seconds)
        if self._settings.kafka_brokers:
            await forget_written(
                self._settings, await fetch_positions(self._database, self._settings.log_topic)
            )
            kept = max(kept, await longest_kept(self._settings))
        return kept
