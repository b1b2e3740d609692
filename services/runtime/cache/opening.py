"""Puts a cache together and keeps it informed for as long as the process lives."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from google.protobuf.descriptor import FileDescriptor

from services.runtime.background import in_background
from services.runtime.bus.event import BroadcastSubscriber, BusEvent, Handler
from services.runtime.cache.cache import Cache
from services.runtime.cache.change_log import Change, ChangeLog
from services.runtime.cache.changes import Changes
from services.runtime.cache.redis_tier import RedisTier, open_redis
from services.runtime.cache.shared import NothingShared, SharedTier
from services.runtime.cache.statistics import Statistics
from services.runtime.settings import Settings

WORKSPACE_UPDATED = "workspace.updated"


def edition_of(contract: FileDescriptor, stored: str) -> bytes:
    """Changes with the messages of a contract, and with what is stored behind it."""
    digest = hashlib.blake2b(stored.encode(), digest_size=16)
    for file in (contract, *contract.dependencies):
        digest.update(file.serialized_pb)
    return digest.digest()


@asynccontextmanager
async def open_cache(
    settings: Settings, log: ChangeLog, news: BroadcastSubscriber, edition: bytes
) -> AsyncIterator[Cache]:
    """Answers of another edition are not read; see edition_of."""
    statistics = Statistics()
    async with AsyncExitStack() as stack:
        shared = await _shared_tier(settings, stack, edition, statistics)
        cache = Cache(settings, Changes(log), shared, statistics)
        stack.push_async_callback(cache.end)
        told = news.run(_listener(cache), cache.doubt)
        await stack.enter_async_context(in_background(told, shared.listen(cache.forget)))
        yield cache


async def _shared_tier(
    settings: Settings, stack: AsyncExitStack, edition: bytes, statistics: Statistics
) -> SharedTier:
    if not settings.redis_url:
        return NothingShared()
    client = await stack.enter_async_context(open_redis(settings))
    return RedisTier(client, edition, settings.redis_timeout_seconds, statistics)


def _listener(cache: Cache) -> Handler:
    async def hear(event: BusEvent) -> None:
        if event.type == WORKSPACE_UPDATED:
            cache.touch(event.workspace_id, _changes(event))

    return hear


def _changes(event: BusEvent) -> list[Change]:
    revision = int(event.data["revision"])
    return [
        Change(revision, _seconds(start), _seconds(end)) for start, end in event.data["touched"]
    ]


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
