"""Redis or Valkey as we use it: something that may be away at any time, and delays nobody."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.runtime.breaker import Breaker
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments

CONNECTIONS = 8
FAILURES_TO_OPEN = 3
PAUSE_SECONDS = 1.0
# What a server that is away, slow or no Redis at all can bring upon us.
FAILURES = (RedisError, OSError, TimeoutError, ValueError, LookupError)

Value = TypeVar("Value")


@asynccontextmanager
async def open_redis(settings: Settings) -> AsyncIterator[Redis]:
    """Connects on first use. Tries nothing again by itself: there is an answer without it."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=CONNECTIONS,
        timeout=settings.redis_timeout_seconds,
        socket_timeout=settings.redis_timeout_seconds,
        socket_connect_timeout=settings.redis_timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )
    client = Redis(connection_pool=pool)
    try:
        with instruments().dependencies.on("redis", partial(_trouble, client)):
            yield client
    finally:
        await client.aclose()
        await pool.disconnect()


async def _trouble(client: Redis) -> str:
    try:
        await client.ping()
    except FAILURES as away:
        return str(away) or type(away).__name__
    return ""


class NoPlaceError(Exception):
    """Too many wanted to try at once. It tells nothing of the server."""


class Tries:
    """Tries things on a server, and leaves it alone for a while when it keeps failing."""

    def __init__(
        self,
        places: int,
        seconds: float,
        failed: Callable[[Exception, bool], None],
        patience: float | None = None,
    ) -> None:
        """So many at once, each within that time. `failed` is told of each failure, and whether
        the server is left alone from now on. `patience` is how long one waits for a place, in
        their order; None is as long as it takes."""
        self._places = asyncio.Semaphore(places)
        self._seconds = seconds
        self._failed = failed
        self._patience = patience
        self._breaker = Breaker(FAILURES_TO_OPEN, PAUSE_SECONDS)

    @property
    def are_left(self) -> bool:
        """Whether nothing is tried for now."""
        return self._breaker.is_open

    async def of(
        self,
        work: Callable[[], Awaitable[Value]],
        failed: Value | None = None,
        seconds: float | None = None,
    ) -> Value | None:
        """What the work gives; `failed` if it does not. Raises NoPlaceError if it was not tried."""
        await self._place()
        try:
            # Only now, since who waited may have waited for those who failed.
            return await self._tried(work, failed, seconds or self._seconds)
        finally:
            self._places.release()

    async def _place(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError as over:
            raise NoPlaceError from over

    async def _tried(
        self, work: Callable[[], Awaitable[Value]], failed: Value | None, seconds: float
    ) -> Value | None:
        if not self._breaker.lets_through():
            return failed
        try:
            async with asyncio.timeout(seconds):
                result = await work()
        except FAILURES as failure:
            self._note(failure)
            return failed
        self._breaker.succeeded()
        return result

    def _note(self, failure: Exception) -> None:
        was_open = self._breaker.is_open
        self._breaker.failed()
        self._failed(failure, self._breaker.is_open and not was_open)
