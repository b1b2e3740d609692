"""Trying to handle an event: again after a pause that grows, and not for ever."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from services.runtime.bus.dead_letter import DeadLetter, Source
from services.runtime.bus.event import BusEvent, Handler
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.tallies import Histogram

MAX_MESSAGE = 1_000
GROUP = "messaging.consumer.group.name"
HANDLING = "messaging.process.duration"
PUBLISHED = "shadower.bus.published"
GROUP_AGE = "shadower.outbox.age"
LAG = "shadower.bus.lag"
LAG_MEANING = "Events that a group has not passed yet"


@dataclass(frozen=True)
class Backoff:
    """How often to try, and how long to wait between."""

    attempts: int = 5
    first_seconds: float = 0.1
    factor: float = 3

    def pauses(self) -> Iterator[float]:
        return (self.first_seconds * self.factor**number for number in range(self.attempts - 1))


USUAL_BACKOFF = Backoff()


@dataclass(frozen=True)
class Place:
    """Where an event was read, and as what bytes."""

    position: int
    payload: bytes
    key: bytes | None
    topic: str = ""
    partition: int | None = None


async def failure_of(handler: Handler, event: BusEvent) -> BaseException | None:
    """What the handler raised. Whatever it is, it is the event's outcome and no error of ours."""
    [outcome] = await asyncio.gather(handler(event), return_exceptions=True)
    return outcome


async def lasting_failure(
    handler: Handler, event: BusEvent, group: str, backoff: Backoff
) -> BaseException | None:
    """The last failure of a handler that failed however often it was tried."""
    began = time.perf_counter()
    failure = await _last_failure(handler, event, backoff)
    outcome = "handled" if failure is None else "failed"
    _handling().note((group, outcome), time.perf_counter() - began)
    if failure is not None:
        structlog.get_logger("bus").error(
            "event not handled", group=group, event_id=str(event.id), exc_info=failure
        )
    return failure


def _handling() -> Histogram:
    return instruments().histogram(
        HANDLING,
        "s",
        "How long a group took to handle an event of the bus, with all of its tries",
        (GROUP, "outcome"),
    )


async def _last_failure(
    handler: Handler, event: BusEvent, backoff: Backoff
) -> BaseException | None:
    failure = await failure_of(handler, event)
    for pause in backoff.pauses():
        if failure is None:
            return None
        await asyncio.sleep(pause)
        failure = await failure_of(handler, event)
    return failure


def not_handled(
    event: BusEvent, group: str, place: Place, attempts: int, failure: BaseException
) -> DeadLetter:
    """The letter of an event that a group could not handle."""
    return DeadLetter(
        workspace_id=event.workspace_id,
        source=Source.BUS,
        reason="HANDLER_FAILED",
        message=_in_words(failure),
        attempts=attempts,
        group=group,
        payload=place.payload,
        position=place.position,
        key=place.key,
        topic=place.topic,
        partition=place.partition,
    )


def _in_words(failure: BaseException) -> str:
    """As the database can keep it: no character of it is U+0000 or half of one."""
    text = f"{type(failure).__name__}: {failure}"[:MAX_MESSAGE].replace(
        "\0", "\N{REPLACEMENT CHARACTER}"
    )
    return text.encode(errors="replace").decode()
