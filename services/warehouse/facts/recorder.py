"""The one way in which facts get into the warehouse."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.warehouse.database import Database
from services.warehouse.facts.appending import EVENTS, METRIC_POINTS
from services.warehouse.facts.changes import log_change
from services.warehouse.facts.executions import record_executions
from services.warehouse.facts.model import Event, Execution, MetricPoint, Recorded
from services.warehouse.traces.model import Span
from services.warehouse.traces.recorder import record_spans


@dataclass(frozen=True)
class Batch:
    """Facts of one workspace that are stored together."""

    executions: list[Execution] = field(default_factory=list)
    metric_points: list[MetricPoint] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class BatchRecorded:
    """What became of each fact of a batch."""

    executions: list[Recorded]
    metric_points: list[Recorded]
    events: list[Recorded]
    spans: list[Recorded]


class Recorder:
    """Stores batches, each in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Partitions are never taken away while a process may still write to them.
        self._months: set[tuple[str, datetime]] = set()

    async def record(self, workspace_id: str, batch: Batch) -> BatchRecorded:
        """When this returns, what it calls stored is durable."""
        await self._ensure_months(batch)
        async with self._database.writing(workspace_id) as session:
            executions = await record_executions(session, batch.executions)
            points = await METRIC_POINTS.record(session, batch.metric_points)
            events = await EVENTS.record(session, batch.events)
            spans = await record_spans(session, batch.spans)
            touched = executions.touched | points.touched | events.touched | spans.touched
            if touched:
                await log_change(session, touched)
        return BatchRecorded(executions.results, points.results, events.results, spans.results)

    async def _ensure_months(self, batch: Batch) -> None:
        needed = {
            *_months("executions", (fact.started_at for fact in batch.executions + batch.spans)),
            *_months("metric_points", (fact.occurred_at for fact in batch.metric_points)),
            *_months("events", (fact.occurred_at for fact in batch.events)),
            *_months("spans", (fact.started_at for fact in batch.spans)),
        }
        for fact_table, month in sorted(needed - self._months):
            await self._database.ensure_month(fact_table, month)
            self._months.add((fact_table, month))


def _months(fact_table: str, times: Iterable[datetime]) -> set[tuple[str, datetime]]:
    return {
        (fact_table, time.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
        for time in (time.astimezone(UTC) for time in times)
    }
