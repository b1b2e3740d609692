"""Subscribers of the bus where there is no Kafka: they read the outbox itself."""

import asyncio
from collections.abc import Callable, Sequence, Set

import structlog

from services.runtime.bus.attempts import (
    USUAL_BACKOFF,
    Backoff,
    Place,
    failure_of,
    lasting_failure,
    not_handled,
)
from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.bus.event import BusEvent, Handler
from services.runtime.bus.traces import handling
from services.runtime.patience import Patience
from services.warehouse.bus.groups import READ_AT_ONCE, OutboxGroup
from services.warehouse.bus.outbox import (
    BROKEN,
    TOGETHER_SECONDS,
    Connect,
    Entry,
    next_entries,
    open_line,
    present,
)

Encode = Callable[[BusEvent], bytes]


class OutboxSubscriber:
    """A GroupSubscriber."""

    def __init__(
        self,
        connect: Connect,
        group: str,
        encode: Encode,
        backoff: Backoff = USUAL_BACKOFF,
        types: Set[str] | None = None,
    ) -> None:
        """`encode` makes the payload of dead letters. If there are types, the handler would do
        nothing with other events."""
        self._connect = connect
        self._group = group
        self._encode = encode
        self._backoff = backoff
        self._types = types

    async def run(self, handler: Handler) -> None:
        delivery = HandlerDelivery(handler, self._group, self._encode, self._backoff, self._types)
        await OutboxGroup(self._connect, self._group).run(delivery)


class HandlerDelivery:
    """Hands events to a handler, one by one."""

    portion = 1

    def __init__(
        self,
        handler: Handler,
        group: str,
        encode: Encode,
        backoff: Backoff,
        types: Set[str] | None,
    ) -> None:
        self._handler = handler
        self._group = group
        self._encode = encode
        self._backoff = backoff
        self._types = types

    def heeds(self, event: BusEvent) -> bool:
        is_of_us = event.group in ("", self._group)
        return is_of_us and (self._types is None or event.type in self._types)

    async def deliver(self, entries: Sequence[Entry]) -> list[DeadLetter]:
        mine = [entry for entry in entries if self.heeds(entry.event)]
        letters = [await self._tell(entry) for entry in mine]
        return [letter for letter in letters if letter is not None]

    async def _tell(self, entry: Entry) -> DeadLetter | None:
        event, attempts = entry.event, self._backoff.attempts
        with handling(event, self._group) as span:
            failure = await lasting_failure(self._handler, event, self._group, self._backoff)
            if failure is not None:
                span.fail(type(failure).__qualname__)
        if failure is None:
            return None
        place = Place(entry.position.id, self._encode(event), event.workspace_id.encode())
        return not_handled(event, self._group, place, attempts, failure)


class OutboxBroadcast:
    """A BroadcastSubscriber."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def run(self, handler: Handler, resumed: Callable[[], None]) -> None:
        patience = Patience(structlog.get_logger("bus"), "not listening; beginning again")
        while True:
            try:
                await self._listen(handler, resumed, patience.is_rewarded)
            except BROKEN as broken:
                await patience.wait(broken)

    async def _listen(
        self, handler: Handler, resumed: Callable[[], None], rewarded: Callable[[], None]
    ) -> None:
        async with open_line(self._connect) as line:
            position = await present(line)
            resumed()
            while True:
                for entry in await next_entries(line, position, READ_AT_ONCE, rewarded):
                    await _tell(handler, entry.event)
                    position = entry.position
                rewarded()
                await asyncio.sleep(TOGETHER_SECONDS)


async def _tell(handler: Handler, event: BusEvent) -> None:
    if event.group:
        return
    with handling(event):
        failure = await failure_of(handler, event)
    if failure is not None:
        structlog.get_logger("bus").error("event not heard", exc_info=failure)
