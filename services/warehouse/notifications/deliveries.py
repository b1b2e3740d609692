"""What is to be told to targets, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.runtime.bus.event import BusEvent
from services.runtime.faults import NotFound
from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


@dataclass(frozen=True)
class Delivery:
    """A delivery as people look at it."""

    delivery_id: UUID
    target_id: str
    event_id: UUID
    event_type: str
    event_at: datetime
    subject: str
    state: str
    attempts: int
    due_at: datetime
    ended_at: datetime | None
    status_code: int
    error: str
    created_at: datetime


@dataclass(frozen=True)
class DueDelivery:
    """A delivery as it is sent."""

    delivery_id: UUID
    event_id: UUID
    event_type: str
    event_at: datetime
    data: Mapping[str, Any]
    subject: str
    remaining: Sequence[str] | None
    """Of the addresses of a mail, those that have not got it; None is all."""
    refused: Sequence[str]
    """Of those that have not got it, those that never will."""
    attempts: int


@dataclass(frozen=True)
class Attempt:
    """What came of an attempt."""

    attempted_at: datetime
    duration: timedelta
    status_code: int = 0
    error: str = ""
    response: str = ""
    is_delivered: bool = False
    number: int = 0
    """Unknown before it is written down."""


@dataclass(frozen=True)
class Following:
    """How a delivery goes on after an attempt."""

    state: str
    after: timedelta = timedelta(0)
    remaining: Sequence[str] | None = None
    refused: Sequence[str] | None = None
    """As before, if they are None."""


@dataclass(frozen=True)
class Done:
    """An attempt to deliver something, and how that goes on."""

    delivery: DueDelivery
    attempt: Attempt
    following: Following
    is_gone: bool = False
    """Whether nothing more is to be told to the target."""


@dataclass(frozen=True)
class DeliveryQuery:
    """Which deliveries are asked for; what is empty is any."""

    limit: int
    target_id: str = ""
    states: Sequence[str] = field(default_factory=tuple)
    subject: str = ""
    after: tuple[datetime, UUID] | None = None


async def told_of(session: Session, subject: str) -> set[str]:
    """The targets that were told that an alert began, or are to be."""
    rows = await session.connection.fetch(QUERIES["told"], session.workspace_id, subject)
    return {row["target_id"] for row in rows}


async def add_deliveries(
    session: Session, event: BusEvent, subject: str, target_ids: Sequence[str]
) -> list[str]:
    """Those targets to which it was not to be told already."""
    told = (event.id, event.type, event.created_at, dict(event.data), subject)
    rows = await session.connection.fetch(
        QUERIES["add"], session.workspace_id, list(target_ids), *told
    )
    return [row["target_id"] for row in rows]


async def list_deliveries(session: Session, query: DeliveryQuery) -> list[Delivery]:
    asked = (query.target_id, list(query.states), query.subject)
    place = query.after or (None, None)
    rows = await session.connection.fetch(
        QUERIES["list"], session.workspace_id, *asked, *place, query.limit
    )
    return [Delivery(**dict(row)) for row in rows]


async def get_delivery(session: Session, delivery_id: UUID) -> Delivery:
    """Raises NotFound."""
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, delivery_id)
    if row is None:
        raise NotFound(
            "DELIVERY_NOT_FOUND",
            f"the workspace has no delivery {delivery_id}",
            metadata={"deliveryId": str(delivery_id)},
        )
    return Delivery(**dict(row))


async def attempts_of(session: Session, delivery_id: UUID) -> list[Attempt]:
    rows = await session.connection.fetch(QUERIES["attempts"], session.workspace_id, delivery_id)
    return [Attempt(**dict(row)) for row in rows]


async def retry_delivery(session: Session, delivery_id: UUID) -> None:
    """If there is one."""
    await session.connection.execute(QUERIES["retry"], session.workspace_id, delivery_id)


async def recover_deliveries(
    session: Session, target_id: str, since: datetime | None, limit: int
) -> int:
    """How many of a target's will be tried again, that had been given up."""
    asked = (session.workspace_id, target_id, since, limit)
    return int(await session.connection.fetchval(QUERIES["recover"], *asked))


async def count_failed(session: Session, target_id: str, since: datetime | None, limit: int) -> int:
    """How many of a target's are given up, counted to a limit."""
    asked = (session.workspace_id, target_id, since, limit)
    return int(await session.connection.fetchval(QUERIES["failed"], *asked))


async def due_deliveries(session: Session, target_id: str, limit: int) -> list[DueDelivery]:
    rows = await session.connection.fetch(QUERIES["due"], session.workspace_id, target_id, limit)
    return [DueDelivery(**dict(row)) for row in rows]


async def give_up(
    session: Session, target_id: str, error: str, waited: timedelta | None = None
) -> None:
    """What waits for a target, or what has waited for longer than that."""
    await session.connection.execute(
        QUERIES["give_up"], session.workspace_id, target_id, error, waited
    )


async def record_attempts(session: Session, done: Sequence[Done]) -> None:
    """Logs them, and lets each delivery go on, unless another one has meanwhile."""
    rows = [(session.workspace_id, *_values(one)) for one in done]
    await session.connection.executemany(QUERIES["record"], rows)


def _values(done: Done) -> tuple[object, ...]:
    attempt, following = done.attempt, done.following
    return (
        done.delivery.delivery_id,
        done.delivery.attempts,
        attempt.attempted_at,
        attempt.duration,
        attempt.status_code,
        attempt.error,
        attempt.response,
        attempt.is_delivered,
        following.state,
        following.after,
        _list(following.remaining),
        _list(following.refused),
    )


def _list(found: Sequence[str] | None) -> list[str] | None:
    return None if found is None else list(found)
