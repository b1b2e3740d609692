"""A copy of the database that follows it by replication, and how far it has come.

What the copy has is told by places in the log of the database itself: a mark is a moment at which
the primary was asked for its place. A copy that has replayed up to there has everything that was
committed by then. So neither the clock of its machine counts, nor whether anything was committed
lately.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from services.runtime.background import in_background
from services.runtime.breaker import Breaker
from services.runtime.freshness import Freshness, Moment, OutdatedSourceError
from services.runtime.patience import Patience
from services.runtime.pool import Connection, Pool, open_read_pool
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.tallies import Labels
from services.warehouse.failures import MISSING, UNREACHABLE
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

MARK_SECONDS = 0.5
# Older ones are of no use to anybody: see cache_staleness_seconds.
MOST_MARKS = 600
# Who waits for a copy that does not answer could have been answered by the primary.
LOOK_SECONDS = 1.0
WATCH_SECONDS = 2.0
FAILURES_TO_LEAVE = 3
LEFT_SECONDS = 5.0
AWAY = (*UNREACHABLE, asyncpg.PostgresError, TimeoutError)
# A copy gives up questions that hold up its replaying, and may not have replayed a migration yet.
ASIDE = (asyncpg.SerializationError, *MISSING, *UNREACHABLE)


@dataclass(frozen=True)
class Mark:
    """Everything committed by `time` lies before `place`. `moment` is the same by our own clock."""

    place: int
    time: datetime
    moment: Moment


class Marks:
    """The latest ones, in the order of time."""

    def __init__(self) -> None:
        self._marks: deque[Mark] = deque(maxlen=MOST_MARKS)

    def add(self, mark: Mark) -> None:
        if self._marks and mark.place < self._marks[-1].place:
            self._marks.clear()  # Of another database, or one that was restored.
        self._marks.append(mark)

    def reached(self, place: int) -> Mark | None:
        """The latest one that a copy has come to."""
        return next((mark for mark in reversed(self._marks) if mark.place <= place), None)

    def age(self, place: int, now: Moment) -> float | None:
        """Of what a copy is known to have: at least so old if it has come to none of them. None if
        there is none."""
        reached = self.reached(place) or next(iter(self._marks), None)
        return None if reached is None else now - reached.moment


@dataclass(frozen=True)
class Lent:
    """A connection to the copy, whose next transactions have all that was committed by the mark."""

    connection: Connection
    mark: Mark


class Replica:
    """Lends connections to who is content with what the copy has by now."""

    def __init__(self, primary: Pool, copies: Pool) -> None:
        self._primary = primary
        self._copies = copies
        self._marks = Marks()
        self._breaker = Breaker(FAILURES_TO_LEAVE, LEFT_SECONDS)
        self._patience = Patience(structlog.get_logger("replica"), "reading from the primary")
        self._age: float | None = None
        instruments().gauge(
            "shadower.replica.age",
            "s",
            "How old that is which the replica for reading is known to have; not while it is away",
            (),
            self._told_age,
        )

    @asynccontextmanager
    async def lent(self, freshness: Freshness) -> AsyncIterator[Lent | None]:
        """None if the copy is away, or not recent enough."""
        connection = await self._connected()
        if connection is None:
            yield None
            return
        try:
            mark = await self._mark(connection)
            is_recent = mark is not None and mark.moment >= freshness.needed
            yield Lent(connection, mark) if mark is not None and is_recent else None
        finally:
            await self._copies.release(connection)

    async def follow(self) -> None:
        """As long as the process lives."""
        while True:
            try:
                await self._look()
            except AWAY as away:
                structlog.get_logger("replica").debug("no mark", error=repr(away))
            await asyncio.sleep(MARK_SECONDS)

    async def watch(self) -> None:
        """How far the copy has come, also while nobody asks it. As long as the process lives."""
        while True:
            try:
                await self._watch()
            except AWAY as away:
                self._failed(away)
            await asyncio.sleep(WATCH_SECONDS)

    async def _watch(self) -> None:
        connection = await self._connected()
        if connection is None:
            return
        try:
            await self._mark(connection)
        finally:
            await self._copies.release(connection)

    def _told_age(self) -> Iterable[tuple[Labels, float]]:
        age = self._age
        return [] if age is None else [((), age)]

    async def _look(self) -> None:
        # Before we ask, so that it is not later than what the primary tells.
        moment = time.monotonic()
        row = await self._primary.fetchrow(QUERIES["mark"], timeout=LOOK_SECONDS)
        if row is not None:
            self._marks.add(Mark(row["place"], row["time"], moment))

    async def _connected(self) -> Any:
        if not self._breaker.lets_through():
            return None
        try:
            # Whoever waits for others to give one back, waits as elsewhere.
            return await self._copies.acquire()
        except AWAY as away:
            self._failed(away)
            return None

    async def _mark(self, connection: Connection) -> Mark | None:
        """In a statement of its own: what one sees is from before it says how far it has come."""
        try:
            place = await connection.fetchval(QUERIES["replayed"], timeout=LOOK_SECONDS)
        except AWAY as away:
            self._failed(away)
            return None
        if place is None:
            self._failed("not a replica")
            return None
        self._breaker.succeeded()
        self._patience.is_rewarded()
        self._age = self._marks.age(place, time.monotonic())
        return self._marks.reached(place)

    def _failed(self, why: object) -> None:
        self._age = None
        self._breaker.failed()
        self._patience.tell(why)


@contextmanager
def giving_way() -> Iterator[None]:
    """Raises OutdatedSourceError if the copy went away, or gave up what was asked of it."""
    try:
        yield
    except TimeoutError:
        raise  # The caller's.
    except ASIDE as aside:
        raise OutdatedSourceError(repr(aside)) from aside


@asynccontextmanager
async def open_replica(settings: Settings, primary: Pool) -> AsyncIterator[Replica | None]:
    """None if there is none."""
    async with open_read_pool(settings) as copies, AsyncExitStack() as stack:
        if copies is None:
            yield None
            return
        replica = Replica(primary, copies)
        await stack.enter_async_context(in_background(replica.follow(), replica.watch()))
        yield replica
