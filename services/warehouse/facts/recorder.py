"""The one way in which facts get into the warehouse."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TypeVar

from services.runtime.failpoints import Failpoints
from services.warehouse.database import Database, Session, Transaction
from services.warehouse.facts.appending import EVENTS, METRIC_POINTS
from services.warehouse.facts.changes import log_change
from services.warehouse.facts.executions import Written, record_executions
from services.warehouse.facts.ledger import Account, FactKind, account_of, enter_in_ledger
from services.warehouse.facts.model import Event, Execution, MetricPoint, Recorded
from services.warehouse.facts.positions import Advance, move_position

Fact = TypeVar("Fact")


@dataclass(frozen=True)
class Batch:
    """Facts of one workspace that are stored together, and how many were refused before."""

    workspace_id: str
    executions: Sequence[Execution] = ()
    metric_points: Sequence[MetricPoint] = ()
    events: Sequence[Event] = ()
    refused: Mapping[FactKind, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchRecorded:
    """What became of each fact of a batch."""

    executions: list[Recorded]
    metric_points: list[Recorded]
    events: list[Recorded]


@dataclass(frozen=True)
class _News:
    """What a transaction has done in a workspace."""

    touched: set[datetime]
    accounts: Mapping[FactKind, Account]


class Recorder:
    """Stores batches, however many, in one transaction."""

    def __init__(self, database: Database, failpoints: Failpoints) -> None:
        self._database = database
        self._failpoints = failpoints
        # Partitions are never taken away while a process may still write to them.
        self._months: set[tuple[str, datetime]] = set()

    async def record(
        self, batches: Sequence[Batch], advance: Advance | None = None
    ) -> list[BatchRecorded]:
        """When this returns, what it calls stored is durable, and so is the position.

        Raises FencedError, UnwritableError or a fault; nothing is stored then.
        """
        await self._ensure_months(batches)
        async with self._database.transaction() as transaction:
            recorded, news = await _write(transaction, batches)
            self._failpoints.reach("record.rows")
            if advance is not None:
                await move_position(transaction, advance)
            self._failpoints.reach("record.position")
            await _tell(transaction, news)
            self._failpoints.reach("record.commit")
        self._failpoints.reach("record.committed")
        return recorded

    async def _ensure_months(self, batches: Sequence[Batch]) -> None:
        needed = set().union(*map(_months_of, batches)) - self._months
        for fact_table, month in sorted(needed):
            await self._database.ensure_month(fact_table, month)
            self._months.add((fact_table, month))


async def _write(
    transaction: Transaction, batches: Sequence[Batch]
) -> tuple[list[BatchRecorded], dict[str, _News]]:
    """Workspace by workspace, in an order that all writers share."""
    recorded: dict[int, BatchRecorded] = {}
    news = {}
    for workspace_id, numbers in sorted(_by_workspace(batches).items()):
        session = await transaction.enter(workspace_id)
        part = [batches[number] for number in numbers]
        results, news[workspace_id] = await _write_workspace(session, part)
        recorded |= zip(numbers, results, strict=True)
    return [recorded[number] for number in range(len(batches))], news


async def _write_workspace(
    session: Session, batches: Sequence[Batch]
) -> tuple[list[BatchRecorded], _News]:
    executions = await record_executions(session, _joined(batch.executions for batch in batches))
    points = await METRIC_POINTS.record(session, _joined(b.metric_points for b in batches))
    events = await EVENTS.record(session, _joined(batch.events for batch in batches))
    refused = {kind: sum(batch.refused.get(kind, 0) for batch in batches) for kind in FactKind}
    accounts = {
        FactKind.EXECUTION: account_of(executions.results, refused[FactKind.EXECUTION]),
        FactKind.METRIC_POINT: account_of(points.results, refused[FactKind.METRIC_POINT]),
        FactKind.EVENT: account_of(events.results, refused[FactKind.EVENT]),
    }
    touched = executions.touched | points.touched | events.touched
    return _apart(batches, executions, points, events), _News(touched, accounts)


async def _tell(transaction: Transaction, news: Mapping[str, _News]) -> None:
    """Last of all, since it makes the writers of a workspace queue up."""
    for workspace_id, of_workspace in news.items():
        session = await transaction.enter(workspace_id)
        await enter_in_ledger(session, of_workspace.accounts)
        if of_workspace.touched:
            await log_change(session, of_workspace.touched)


def _apart(
    batches: Sequence[Batch], executions: Written, points: Written, events: Written
) -> list[BatchRecorded]:
    """Gives each batch its own results back."""
    of_executions, of_points, of_events = map(
        iter, (executions.results, points.results, events.results)
    )
    return [
        BatchRecorded(
            [next(of_executions) for _ in batch.executions],
            [next(of_points) for _ in batch.metric_points],
            [next(of_events) for _ in batch.events],
        )
        for batch in batches
    ]


def _by_workspace(batches: Sequence[Batch]) -> dict[str, list[int]]:
    numbers = defaultdict(list)
    for number, batch in enumerate(batches):
        numbers[batch.workspace_id].append(number)
    return numbers


def _joined(parts: Iterable[Sequence[Fact]]) -> list[Fact]:
    return list(chain.from_iterable(parts))


def _months_of(batch: Batch) -> set[tuple[str, datetime]]:
    return {
        *_months("executions", (fact.started_at for fact in batch.executions)),
        *_months("metric_points", (fact.occurred_at for fact in batch.metric_points)),
        *_months("events", (fact.occurred_at for fact in batch.events)),
    }


def _months(fact_table: str, times: Iterable[datetime]) -> set[tuple[str, datetime]]:
    months = {(time.year, time.month) for time in times}
    return {(fact_table, datetime(year, month, 1, tzinfo=UTC)) for year, month in months}
