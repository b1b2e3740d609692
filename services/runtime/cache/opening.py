"""Puts a cache together for as long as the process lives."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from google.protobuf.descriptor import FileDescriptor

from services.runtime.background import in_background
from services.runtime.cache.cache import Cache
from services.runtime.cache.change_log import ChangeLog
from services.runtime.cache.changes import Changes
from services.runtime.cache.redis_tier import RedisTier
from services.runtime.cache.shared import NothingShared, SharedTier
from services.runtime.cache.statistics import Statistics
from services.runtime.redis_client import open_redis
from services.runtime.settings import Settings

REPORT_SECONDS = 60.0
SERVICES = Path(__file__).parents[2]


def edition_of(contract: FileDescriptor, stored: str) -> bytes:
    """Changes with the messages of a contract, with what is stored behind it, and with the code:
    what an earlier release calculated wrongly, a later one must not serve."""
    files = {file.name: file for file in _with_imports(contract)}
    digest = hashlib.blake2b(stored.encode(), digest_size=16)
    for kind in ("*.py", "*.sql"):
        for source in sorted(SERVICES.rglob(kind)):
            digest.update(source.read_bytes())
    for name in sorted(files):
        digest.update(files[name].serialized_pb)
    return digest.digest()


def _with_imports(file: FileDescriptor) -> Iterator[FileDescriptor]:
    yield file
    for imported in file.dependencies:
        yield from _with_imports(imported)


@asynccontextmanager
async def open_cache(settings: Settings, log: ChangeLog, edition: bytes) -> AsyncIterator[Cache]:
    """It wants to hear the bus. Answers of another edition are not read; see edition_of."""
    statistics = Statistics()
    async with AsyncExitStack() as stack:
        shared = await _shared_tier(settings, stack, edition, statistics)
        cache = Cache(settings, Changes(log), shared, statistics)
        stack.push_async_callback(cache.end)
        beside = in_background(shared.listen(cache.forget), _report(statistics))
        await stack.enter_async_context(beside)
        yield cache


async def _shared_tier(
    settings: Settings, stack: AsyncExitStack, edition: bytes, statistics: Statistics
) -> SharedTier:
    if not (settings.redis_url and settings.cache_bytes):
        return NothingShared()
    client = await stack.enter_async_context(open_redis(settings))
    return RedisTier(client, edition, settings.redis_timeout_seconds, statistics)


async def _report(statistics: Statistics) -> None:
    """A line in the logs once in a while: counters since the process began."""
    while True:
        await asyncio.sleep(REPORT_SECONDS)
        rpcs = {name: _in_words(counts) for name, counts in statistics.by_method().items()}
        structlog.get_logger("cache").info("cache", rpcs=rpcs, events=_in_words(statistics.events))


def _in_words(counts: Mapping[Any, int]) -> dict[str, int]:
    return {what.value: times for what, times in counts.items()}
