"""Groups of subscribers that read the outbox: one member of each reads, others stand by."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import asyncpg
import structlog

from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.bus.event import BusEvent
from services.runtime.faults import Unavailable
from services.runtime.patience import Patience
from services.warehouse.bus.dead_letters import bury
from services.warehouse.bus.outbox import (
    BROKEN,
    QUERIES,
    TOGETHER_SECONDS,
    Connect,
    Entry,
    Line,
    Position,
    next_entries,
    open_line,
)

PAUSE_SECONDS = 1.0
READ_AT_ONCE = 500
# One that stands by holds back no cleaning of tables for longer than that.
STAND_BY = "5s"


class Delivery(Protocol):
    """What a group does with what it reads."""

    portion: int
    """Events that it heeds between two moves of the group, so also the most that are told again."""

    def heeds(self, event: BusEvent) -> bool:
        """Whether it does anything with it."""

    async def deliver(self, entries: Sequence[Entry]) -> list[DeadLetter]:
        """Letters of those that cannot be handled. Raises Unavailable: all are to come again."""


class LostPlaceError(Exception):
    """Another member has moved the group on meanwhile."""


class OutboxGroup:
    """A member of a group. Takes over at once when the member that reads is gone."""

    def __init__(self, connect: Connect, group: str) -> None:
        self._connect = connect
        self._group = group
        self._log: Any = structlog.get_logger("bus").bind(group=group)
        self._patience = Patience(self._log, "out of the group; joining again")

    async def run(self, delivery: Delivery) -> None:
        """Runs as long as the process does, however often the connection breaks."""
        while True:
            try:
                async with self.line() as line:
                    self._log.info("reading")
                    await self.read(line, delivery)
            except (*BROKEN, LostPlaceError) as broken:
                await self._patience.wait(broken)

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """A connection by which we are the member that reads."""
        async with open_line(self._connect) as line:
            await self._lead(line)
            yield line

    async def _lead(self, line: Line) -> None:
        """Returns when no other member reads."""
        await line.connection.execute(QUERIES["join_group"], self._group)
        await line.connection.execute(f"set lock_timeout = '{STAND_BY}'")
        while True:
            with suppress(asyncpg.LockNotAvailableError):
                await line.connection.execute(QUERIES["lead_group"], self._group)
                return

    async def read(self, line: Line, delivery: Delivery) -> None:
        """Reads on until something breaks. Raises LostPlaceError if the group has moved."""
        row = await line.connection.fetchrow(QUERIES["position"], self._group)
        position = Position(**dict(row or {}))
        while True:
            rewarded = self._patience.is_rewarded
            entries = await next_entries(line, position, READ_AT_ONCE, rewarded)
            for portion in _portions(entries, delivery):
                letters = await _delivered(delivery, portion)
                position = await self._move(line, position, portion[-1].position, letters)
                rewarded()
            if len(entries) < READ_AT_ONCE and not _heeded(entries, delivery):
                # Where facts come in, most are of that kind: a move of the group for each commit
                # would cost the database nearly as much as the commit.
                await asyncio.sleep(TOGETHER_SECONDS)

    async def _move(
        self, line: Line, before: Position, after: Position, letters: Sequence[DeadLetter]
    ) -> Position:
        """Files letters and moves the group on, both or neither. Raises LostPlaceError."""
        places = (before.txid, before.id, after.txid, after.id)
        async with line.connection.transaction():
            moved = await line.connection.fetchval(QUERIES["advance"], self._group, *places)
            if moved is None:
                raise LostPlaceError
            for letter in letters:
                await bury(line.connection, letter)
        return after


def _heeded(entries: Sequence[Entry], delivery: Delivery) -> bool:
    return any(delivery.heeds(entry.event) for entry in entries)


def _portions(entries: Sequence[Entry], delivery: Delivery) -> Iterator[Sequence[Entry]]:
    start = heeded = 0
    for end, entry in enumerate(entries, start=1):
        heeded += delivery.heeds(entry.event)
        if heeded == delivery.portion or end == len(entries):
            yield entries[start:end]
            start, heeded = end, 0


async def _delivered(delivery: Delivery, entries: Sequence[Entry]) -> list[DeadLetter]:
    while True:
        with suppress(Unavailable):
            return await delivery.deliver(entries)
        await asyncio.sleep(PAUSE_SECONDS)
