"""The one way in which facts get into the warehouse."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from typing import Any

from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.failpoints import Failpoints
from services.warehouse.bus.dead_letters import bury
from services.warehouse.database import Database, NoPartitionError, Session, Transaction
from services.warehouse.facts.appending import EVENTS, METRIC_POINTS
from services.warehouse.facts.changes import log_change
from services.warehouse.facts.executions import Written, record_executions
from services.warehouse.facts.horizon import BeyondHorizonError, Horizon, lies_before
from services.warehouse.facts.ledger import Account, account_of, enter_in_ledger
from services.warehouse.facts.model import FactKind, Recorded, RunChange
from services.warehouse.facts.positions import Advance, move_position
from services.warehouse.facts.refusing import Horizons, Record, record_kept
from services.warehouse.traces.recorder import record_spans


@dataclass(frozen=True)
class Batch:
    """Facts of one workspace, by kind and in their order, and how many were refused before."""

    workspace_id: str
    facts: Mapping[FactKind, Sequence[Any]]
    refused: Mapping[FactKind, int] = field(default_factory=dict)


BatchRecorded = Mapping[FactKind, list[Recorded]]
"""What became of each fact of a batch."""


Letters = Callable[[Sequence[BatchRecorded]], Sequence[DeadLetter]]
"""What is to be put aside, given what became of the rest."""


@dataclass(frozen=True)
class _Way:
    """How facts of a kind are stored, when they happened, and which tables they touch."""

    record: Record
    time: Callable[[Any], datetime]
    tables: tuple[str, ...]


# In the order in which a writer takes locks.
WAYS = {
    FactKind.EXECUTION: _Way(record_executions, attrgetter("started_at"), ("executions",)),
    FactKind.METRIC_POINT: _Way(
        METRIC_POINTS.record, attrgetter("occurred_at"), ("metric_points",)
    ),
    FactKind.EVENT: _Way(EVENTS.record, attrgetter("occurred_at"), ("events",)),
    FactKind.SPAN: _Way(record_spans, attrgetter("started_at"), ("spans", "executions")),
}


@dataclass(frozen=True)
class _News:
    """What a transaction has done in a workspace."""

    touched: set[datetime]
    runs: Sequence[RunChange]
    points: Collection[datetime]
    events: Collection[datetime]
    accounts: Mapping[FactKind, Account]


class Recorder:
    """Stores batches, however many, in one transaction."""

    def __init__(self, database: Database, failpoints: Failpoints) -> None:
        self._database = database
        self._failpoints = failpoints
        self._months: set[tuple[str, datetime]] = set()
        self._horizons = Horizons()

    async def record(
        self,
        batches: Sequence[Batch],
        advance: Advance | None = None,
        letters: Letters = lambda _: (),
    ) -> list[BatchRecorded]:
        """When this returns, what it calls stored is durable, and so are position and letters.

        Raises FencedError, UnwritableError or a Fault; nothing is stored then.
        """
        met: dict[str, Horizon] = {}
        while True:
            is_fresh = not self._months
            try:
                return await self._record(batches, advance, letters)
            except BeyondHorizonError as beyond:
                # Others may have met it since this one began, so it is by itself that it is known.
                if beyond.horizon == met.get(beyond.workspace_id):
                    raise
                met[beyond.workspace_id] = beyond.horizon
                self._horizons.meet(beyond)
            except NoPartitionError:
                if is_fresh:
                    raise
                # Retention has dropped a month that somebody fills anew.
                self._months.clear()

    async def _record(
        self, batches: Sequence[Batch], advance: Advance | None, letters: Letters
    ) -> list[BatchRecorded]:
        await self._ensure_months(batches)
        async with self._database.transaction() as transaction:
            recorded, news = await _write(transaction, batches, self._horizons)
            await _bury(transaction, letters(recorded))
            self._failpoints.reach("record.rows")
            if advance is not None:
                await move_position(transaction, advance)
            self._failpoints.reach("record.position")
            await _tell(transaction, news)
            self._failpoints.reach("record.commit")
        self._failpoints.reach("record.committed")
        return recorded

    async def _ensure_months(self, batches: Sequence[Batch]) -> None:
        needed = {month for batch in batches for month in _months_of(batch)}
        for fact_table, month in sorted(needed - self._months):
            await self._database.ensure_month(fact_table, month)
            self._months.add((fact_table, month))


async def _write(
    transaction: Transaction, batches: Sequence[Batch], horizons: Horizons
) -> tuple[list[BatchRecorded], dict[str, _News]]:
    """Workspace by workspace, in an order that all writers share."""
    recorded: dict[int, BatchRecorded] = {}
    news = {}
    for workspace_id, numbers in sorted(_by_workspace(batches).items()):
        session = await transaction.enter(workspace_id)
        of_workspace = [batches[n] for n in numbers]
        results, news[workspace_id] = await _write_workspace(
            session, of_workspace, await _horizon(session, of_workspace, horizons)
        )
        recorded |= zip(numbers, results, strict=True)
    return [recorded[number] for number in range(len(batches))], news


async def _horizon(session: Session, batches: Sequence[Batch], horizons: Horizons) -> Horizon:
    """The one that was met, if it refuses nothing."""
    met = horizons.of(session.workspace_id)
    is_refusing = any(
        lies_before(map(way.time, _joined(batches, kind)), met.of(kind))
        for kind, way in WAYS.items()
    )
    return await horizons.seen_again(session) if is_refusing else met


async def _write_workspace(
    session: Session, batches: Sequence[Batch], horizon: Horizon
) -> tuple[list[BatchRecorded], _News]:
    written = {
        kind: await record_kept(
            session, _joined(batches, kind), horizon.of(kind), way.time, way.record
        )
        for kind, way in WAYS.items()
    }
    accounts = {kind: _account(kind, written.get(kind), batches) for kind in FactKind}
    touched = set().union(*(of_kind.touched for of_kind in written.values()))
    runs = list(chain.from_iterable(of_kind.runs for of_kind in written.values()))
    points, events = (written[kind].touched for kind in (FactKind.METRIC_POINT, FactKind.EVENT))
    return _apart(batches, written), _News(touched, runs, points, events, accounts)


def _account(kind: FactKind, written: Written | None, batches: Sequence[Batch]) -> Account:
    refused = sum(batch.refused.get(kind, 0) for batch in batches)
    return account_of(written.results if written else (), refused)


async def _bury(transaction: Transaction, letters: Sequence[DeadLetter]) -> None:
    for letter in letters:
        session = await transaction.enter(letter.workspace_id)
        await bury(session.connection, letter)


async def _tell(transaction: Transaction, news: Mapping[str, _News]) -> None:
    """Last of all, since it makes the writers of a workspace queue up."""
    for workspace_id, of_workspace in news.items():
        session = await transaction.enter(workspace_id)
        await enter_in_ledger(session, of_workspace.accounts)
        if of_workspace.touched:
            changed = (of_workspace.runs, of_workspace.points, of_workspace.events)
            await log_change(session, of_workspace.touched, *changed)


def _joined(batches: Sequence[Batch], kind: FactKind) -> list[Any]:
    return list(chain.from_iterable(batch.facts.get(kind, ()) for batch in batches))


def _apart(batches: Sequence[Batch], written: Mapping[FactKind, Written]) -> list[BatchRecorded]:
    """Gives each batch its own results back."""
    results = {kind: iter(of_kind.results) for kind, of_kind in written.items()}
    return [
        {kind: [next(results[kind]) for _ in facts] for kind, facts in batch.facts.items()}
        for batch in batches
    ]


def _by_workspace(batches: Sequence[Batch]) -> dict[str, list[int]]:
    numbers = defaultdict(list)
    for number, batch in enumerate(batches):
        numbers[batch.workspace_id].append(number)
    return numbers


def _months_of(batch: Batch) -> set[tuple[str, datetime]]:
    return {
        (table, datetime(year, month, 1, tzinfo=UTC))
        for kind, facts in batch.facts.items()
        for year, month in {(time.year, time.month) for time in map(WAYS[kind].time, facts)}
        for table in WAYS[kind].tables
    }
