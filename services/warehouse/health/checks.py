"""Looks at services, as they are kept: of the workspace "shadower-system"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.warehouse.database import Session
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
# A look every five minutes; one that was left out says nothing of what it would have found.
TOLD_FOR = timedelta(minutes=10)
SPANS_OF_DAYS = (1, 7, 30, 90)


@dataclass(frozen=True)
class Check:
    """What a service was found to be: "serving", "not_serving" or "unreachable"."""

    service: str
    checked_at: datetime
    state: str
    latency_us: int
    reason: str = ""


@dataclass(frozen=True)
class Times:
    """Of so many days until now: how long it served, and how long anybody knows."""

    days: int
    serving: timedelta
    known: timedelta

    @property
    def ratio(self) -> float | None:
        return self.serving / self.known if self.known else None

    @property
    def unknown(self) -> timedelta:
        return timedelta(days=self.days) - self.known


@dataclass(frozen=True)
class Known:
    """The last look at a service, and its times."""

    last: Check
    times: Sequence[Times]
    since: datetime
    """When the first of the looks was that have found the same, up to the last."""


async def note_checks(session: Session, checks: Sequence[Check]) -> None:
    rows = [
        (session.workspace_id, one.service, one.checked_at, one.state, one.latency_us, one.reason)
        for one in checks
    ]
    await session.connection.executemany(QUERIES["note"], rows)


async def list_checks(
    session: Session, service: str, limit: int, before: datetime | None
) -> list[Check]:
    """The latest first."""
    rows = await session.connection.fetch(
        QUERIES["list"], session.workspace_id, service, before, limit
    )
    return [Check(**dict(row)) for row in rows]


async def fetch_known(session: Session) -> list[Known]:
    """By name."""
    rows = await session.connection.fetch(
        QUERIES["known"], session.workspace_id, session.as_of, TOLD_FOR, list(SPANS_OF_DAYS)
    )
    return [_known(dict(row)) for row in rows]


def _known(row: dict[str, Any]) -> Known:
    serving, known = row.pop("serving"), row.pop("known")
    since = row.pop("since")
    times = zip(SPANS_OF_DAYS, serving, known, strict=True)
    return Known(Check(**row), [Times(*one) for one in times], since)
