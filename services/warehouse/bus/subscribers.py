"""Subscribers of the bus where there is no Kafka: they read the outbox itself."""

import asyncio
from collections.abc import Callable, Sequence

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
    Connect,
    Entry,
    next_entries,
    open_line,
    present,
)

Encode = Callable[[BusEvent], bytes]

TOGETHER_SECONDS = 0.05


class OutboxSubscriber:
    """A GroupSubscriber."""

    def __init__(
        self, connect: Connect, group: str, encode: Encode, backoff: Backoff = USUAL_BACKOFF
    ) -> None:
        """`encode` makes the payload of dead letters."""
        self._connect = connect
        self._group = group
        self._encode = encode
        self._backoff = backoff

    async def run(self, handler: Handler) -> None:
        delivery = HandlerDelivery(handler, self._group, self._encode, self._backoff)
        await OutboxGroup(self._connect, self._group).run(delivery)


class HandlerDelivery:
    """Hands events to a handler, one by one."""

    portion = 1

    def __init__(self, handler: Handler, group: str, encode: Encode, backoff: Backoff) -> None:
        self._handler = handler
        self._group = group
        self._encode = encode
        self._backoff = backoff

    async def deliver(self, entries: Sequence[Entry]) -> list[DeadLetter]:
        mine = [entry for entry in entries if entry.event.group in ("", self._group)]
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
                # Where much happens it is read together, not commit by commit by every process.
                await asyncio.sleep(TOGETHER_SECONDS)


async def _tell(handler: Handler, event: BusEvent) -> None:
    if event.group:
        return
    with handling(event):
        failure = await failure_of(handler, event)
    if failure is not None:
        structlog.get_logger("bus").error("event not heard", exc_info=failure)
