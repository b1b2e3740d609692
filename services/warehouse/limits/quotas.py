"""What workspaces may have, what they have, and what was told of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from services.runtime.pool import Pool
from services.warehouse.bus.publishing import Published, publish
from services.warehouse.database import Session
from services.warehouse.limits.changes import what_fails_as_faults
from services.warehouse.queries.grouped import GroupedQuery, fetch_grouped
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.registry import MEASURES
from services.warehouse.queries.selection import Selection
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
WARNING = "system.warning"


@dataclass(frozen=True)
class SetQuota:
    """A quota as it was set; without an amount, it is not set any more."""

    workspace_id: str
    kind: str
    amount: int | None
    refuses: bool


class QuotaChanges:
    """Follows what is set, as LimitChanges does."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def since(self, position: int) -> tuple[Sequence[SetQuota], int]:
        """What may have changed since a position, and the next one. Raises a Fault."""
        with what_fails_as_faults():
            rows: Any = await self._pool.fetch(QUERIES["changed"], str(position), timeout=5)
        changed = [_quota(row) for row in rows if row["workspace_id"] is not None]
        return changed, int(rows[0]["horizon"])


async def list_quotas(session: Session) -> list[SetQuota]:
    """Those that are set."""
    rows = await session.connection.fetch(QUERIES["list_quotas"], session.workspace_id)
    return [_quota(row) for row in rows]


async def set_quota(session: Session, kind: str, amount: int, *, refuses: bool) -> None:
    await session.connection.execute(
        QUERIES["set_quota"], session.workspace_id, kind, amount, refuses
    )


async def unset_quota(session: Session, kind: str) -> None:
    await session.connection.execute(QUERIES["unset_quota"], session.workspace_id, kind)


async def executions(session: Session) -> int:
    """Those that started in the calendar month of the session."""
    query = GroupedQuery(Selection(month_of(session.as_of)), [MEASURES["executions"]])
    rows = await fetch_grouped(session, query)
    return int(rows[0].values[0]) if rows else 0


async def stored_days(session: Session) -> int:
    first: datetime | None = await session.connection.fetchval(
        QUERIES["first_fact"], session.workspace_id
    )
    today = session.as_of.astimezone(UTC).date()
    return 0 if first is None else max(1, (today - first.astimezone(UTC).date()).days + 1)


KINDS: Mapping[str, Callable[[Session], Awaitable[int]]] = MappingProxyType(
    {"executions": executions, "stored_days": stored_days}
)
"""How much a workspace has, by what there are quotas for."""


async def warn(session: Session, quota: SetQuota, used: int, percent: int) -> None:
    """Tells, once in a calendar month, that a part of a quota is used."""
    month = session.as_of.astimezone(UTC).date().replace(day=1)
    noted = await session.connection.fetchval(
        QUERIES["note"], session.workspace_id, quota.kind, month, percent
    )
    if noted is not None:
        await publish(session, Published(WARNING, _told(quota, used, percent, month)))


def month_of(moment: datetime) -> Interval:
    """The calendar month, in UTC."""
    start = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Interval(start, (start + timedelta(days=32)).replace(day=1))


def _told(quota: SetQuota, used: int, percent: int, month: date) -> dict[str, Any]:
    return {
        "quota": quota.kind,
        "percent": percent,
        "amount": quota.amount,
        "used": used,
        "month": f"{month:%Y-%m}",
    }


def _quota(row: Any) -> SetQuota:
    return SetQuota(**{name: row[name] for name in SetQuota.__dataclass_fields__})
