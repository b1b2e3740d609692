"""The account of what came in: by workspace, hour and kind of fact, exact by construction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.warehouse.database import Session
from services.warehouse.facts.model import FactKind, Outcome, Recorded
from services.warehouse.queries.interval import Interval
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Account:
    """How many facts of a kind came, and what became of them."""

    stored: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0

    @property
    def received(self) -> int:
        return self.stored + self.updated + self.duplicate + self.rejected


@dataclass(frozen=True)
class Entry:
    """An account of one hour. `recounted` is None unless the facts were counted anew."""

    hour: datetime
    kind: FactKind
    account: Account
    recounted: int | None = None
    removed: int = 0
    """Stored facts that have been removed since, by retention or erasure."""

    @property
    def is_balanced(self) -> bool:
        return self.recounted in (None, self.account.stored - self.removed)


def account_of(recorded: Iterable[Recorded], refused: int) -> Account:
    """What contradicts stored facts, or is too old, is rejected like what broke a rule."""
    outcomes = Counter(one.outcome for one in recorded)
    return Account(
        stored=outcomes[Outcome.STORED],
        updated=outcomes[Outcome.UPDATED],
        duplicate=outcomes[Outcome.DUPLICATE],
        rejected=outcomes[Outcome.CONFLICT] + outcomes[Outcome.TOO_OLD] + refused,
    )


async def enter_in_ledger(session: Session, accounts: Mapping[FactKind, Account]) -> None:
    """Adds accounts to those of this hour."""
    rows = [
        (kind, one.received, one.stored, one.updated, one.duplicate, one.rejected)
        for kind, one in accounts.items()
        if one.received
    ]
    if rows:
        columns = map(list, zip(*rows, strict=True))
        await session.connection.execute(QUERIES["enter_in_ledger"], session.workspace_id, *columns)


async def fetch_ledger(session: Session, interval: Interval, *, recount: bool) -> list[Entry]:
    """Entries of the hours that begin in the interval; hours without any have none."""
    hours = Interval(_next_full(interval.start), _next_full(interval.end))
    counted = await _recounted(session, hours) if recount else {}
    known = await _accounts(session, hours)
    return [
        Entry(*place, account, counted.get(place, 0) if recount else None, removed)
        for place in sorted({*known, *counted}, key=_in_order)
        for account, removed in (known.get(place, (Account(), 0)),)
    ]


async def _accounts(
    session: Session, interval: Interval
) -> dict[tuple[datetime, FactKind], tuple[Account, int]]:
    """With how many of the stored facts were removed."""
    rows = await session.connection.fetch(
        QUERIES["accounts"], session.workspace_id, interval.start, interval.end
    )
    return {
        (row["hour"], FactKind(row["kind"])): (
            Account(row["stored"], row["updated"], row["duplicate"], row["rejected"]),
            row["removed"],
        )
        for row in rows
    }


async def _recounted(session: Session, interval: Interval) -> dict[tuple[datetime, FactKind], int]:
    rows = await session.connection.fetch(
        QUERIES["recounted"], session.workspace_id, interval.start, interval.end
    )
    return {(row["hour"], FactKind(row["kind"])): row["facts"] for row in rows}


def _in_order(key: tuple[datetime, FactKind]) -> tuple[datetime, int]:
    return key[0], list(FactKind).index(key[1])


def _next_full(time: datetime) -> datetime:
    hour = time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if hour == time else hour + HOUR
