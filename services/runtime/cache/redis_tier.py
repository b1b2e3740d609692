"""The shared tier in Redis or Valkey."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import structlog
from redis.asyncio import Redis

from services.runtime.cache.entry import Entry, UnreadableEntryError, decode, encode
from services.runtime.cache.forgetting import GENERATION, Heard, forget_for_all, hear_from
from services.runtime.cache.shared import Turn
from services.runtime.cache.statistics import Event, SharedState, Statistics
from services.runtime.redis_client import CONNECTIONS, FAILURES, PAUSE_SECONDS, Tries
from services.runtime.telemetry.running import within
from services.runtime.telemetry.shapes import CLIENT, Shape

LISTENERS = 2
FIRST_POLL_SECONDS, LAST_POLL_SECONDS = 0.002, 0.05
# A holder who is dead holds no longer than that. One who is slow loses its turn, not its answer.
LEASE_SECONDS = 5.0

FORGET_SECONDS = 10

# Nothing is shared that was begun before something was forgotten.
PUT = (
    "if (redis.call('get', KEYS[2]) or '') == ARGV[1] then "
    "return redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3]) end"
)
# Only whoever holds the turn ends it.
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"

GET, SET = (
    Shape(f"{name} redis", CLIENT, db__system__name="redis", db__operation__name=name)
    for name in ("GET", "EVAL")
)

# Of an edition, in the names of its answers.
EDITION_LETTERS = 12


class Look(NamedTuple):
    """What was found, and what was the generation then; None if nobody could say."""

    entry: Entry | None
    generation: bytes | None


class RedisTier:
    """A SharedTier. `edition` keeps apart what releases of different minds have written."""

    def __init__(
        self,
        client: Redis,
        edition: bytes,
        timeout_seconds: float,
        statistics: Statistics,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._client: Any = client
        self._edition = edition
        self.lease_seconds = lease_seconds
        self._statistics = statistics
        self._tries = Tries(CONNECTIONS - LISTENERS, timeout_seconds, self._failed)

    @property
    def state(self) -> SharedState:
        return SharedState.LEFT_ALONE if self._tries.are_left else SharedState.USED

    def turn(self, key: str) -> AbstractAsyncContextManager[Turn]:
        return self._turn(key)

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[Turn]:
        turn = _RedisTurn(self, key)
        try:
            yield turn
        finally:
            await turn.end()

    async def look(self, key: str) -> Look:
        """What is there, and the generation in which it is."""
        names = self._name("answer", key), GENERATION
        found = await self._tries.of(lambda: self._got(*names))
        if found is None:
            return Look(None, None)
        data, generation = found
        return Look(self._decoded(key, data), generation or b"")

    async def _got(self, *names: str) -> list[bytes | None]:
        with within(GET):
            return await self._fetched(*names)

    async def _fetched(self, *names: str) -> list[bytes | None]:
        async with self._client.pipeline(transaction=False) as together:
            for name in names:
                together.get(name)
            found: list[bytes | None] = await together.execute()
        return found

    def _decoded(self, key: str, data: bytes | None) -> Entry | None:
        if data is None:
            return None
        try:
            entry = decode(data, key, self._edition)
        except (UnreadableEntryError, TypeError):
            self._statistics.note(Event.SHARED_TIER_FAILED)
            return None
        return entry if entry.expires_at > time.time() else None

    async def put(self, key: str, entry: Entry, generation: bytes) -> None:
        """Unless something was forgotten since that generation."""
        left = round((entry.expires_at - time.time()) * 1000)
        if left > 0:
            name, data = self._name("answer", key), encode(entry, key, self._edition)
            with within(SET):
                await self._tries.of(
                    lambda: self._client.eval(PUT, 2, name, GENERATION, generation, data, left)
                )

    async def claim(self, key: str, token: str) -> bool:
        """True also if nobody can say whose turn it is."""
        lease = round(self.lease_seconds * 1000)
        name = self._name("turn", key)
        claimed = await self._tries.of(
            lambda: self._client.set(name, token, nx=True, px=lease), failed=True
        )
        return bool(claimed)

    async def release(self, key: str, token: str) -> None:
        name = self._name("turn", key)
        await self._tries.of(lambda: self._client.eval(RELEASE, 1, name, token))

    async def forget(self, pattern: str) -> int | None:
        """Of every edition: each service has its own."""
        name = f"shadower:answer:{'?' * EDITION_LETTERS}:{pattern}"
        work = partial(forget_for_all, self._client, name, pattern)
        return await self._tries.of(work, seconds=FORGET_SECONDS)

    async def listen(self, forget: Callable[[str], object]) -> None:
        heard = Heard(forget)
        while True:
            with suppress(*FAILURES):
                await hear_from(self._client, heard)
            await asyncio.sleep(PAUSE_SECONDS)

    def _failed(self, failure: Exception, is_left_alone: bool) -> None:
        self._statistics.note(Event.SHARED_TIER_FAILED)
        if is_left_alone:
            structlog.get_logger("cache").warning("going on without Redis", error=repr(failure))

    def _name(self, kind: str, key: str) -> str:
        return f"shadower:{kind}:{self._edition.hex()[:EDITION_LETTERS]:0<{EDITION_LETTERS}}:{key}"


class _RedisTurn:
    """A Turn."""

    def __init__(self, tier: RedisTier, key: str) -> None:
        self._tier = tier
        self._key = key
        self._token = secrets.token_hex(16)
        self._holds = False
        self._generation: bytes | None = None

    async def answers(self) -> AsyncIterator[Entry]:
        """Once more when the turn is ours: an answer may have come between look and claim."""
        give_up = time.monotonic() + self._tier.lease_seconds
        pause, seen = FIRST_POLL_SECONDS, 0.0
        while True:
            entry, self._generation = await self._tier.look(self._key)
            if entry is not None and entry.calculated_at != seen:
                seen = entry.calculated_at
                yield entry
            if self._holds or time.monotonic() > give_up:
                return
            self._holds = await self._tier.claim(self._key, self._token)
            if not self._holds:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_POLL_SECONDS)

    async def tell(self, entry: Entry) -> None:
        if self._generation is not None:
            await self._tier.put(self._key, entry, self._generation)

    async def end(self) -> None:
        if self._holds:
            await self._tier.release(self._key, self._token)
