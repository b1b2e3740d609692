"""Prices recorded calls again, and lets their executions follow."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from services.warehouse.database import Database, Session
from services.warehouse.facts.changes import fetch_horizon, log_change
from services.warehouse.facts.horizon import BeyondHorizonError
from services.warehouse.queries.interval import Interval
from services.warehouse.sql import Queries
from services.warehouse.traces.executions import derive_anew, times_of
from services.warehouse.traces.model import Span
from services.warehouse.traces.recorder import Trace, lock_traces

QUERIES = Queries(__file__)
TRACES_AT_ONCE = 500

Pricing = Callable[[Span], Decimal | None]


@dataclass(frozen=True)
class Repriced:
    """What became of calls that tell their tokens."""

    priced: int = 0
    unchanged: int = 0
    unknown: int = 0
    executions_updated: int = 0

    def __add__(self, other: "Repriced") -> "Repriced":
        return Repriced(
            self.priced + other.priced,
            self.unchanged + other.unchanged,
            self.unknown + other.unknown,
            self.executions_updated + other.executions_updated,
        )


class Repricer:
    """Goes through an interval, some traces in a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reprice(
        self, workspace_id: str, interval: Interval, pricing: Pricing, version: str
    ) -> Repriced:
        total, last = Repriced(), ""
        while True:
            # Retention may move on meanwhile; then the same traces are looked at again.
            with suppress(BeyondHorizonError):
                async with self._database.writing(workspace_id) as session:
                    trace_ids = await _trace_ids(session, interval, last)
                    if not trace_ids:
                        return total
                    kept_from = (await fetch_horizon(session)).runs_from
                    kept = replace(interval, start=max(interval.start, kept_from or interval.start))
                    total += await _reprice(session, trace_ids, kept, pricing, version)
                    last = trace_ids[-1]


async def _trace_ids(session: Session, interval: Interval, after: str) -> list[str]:
    rows = await session.connection.fetch(
        QUERIES["priceable_traces"],
        session.workspace_id,
        interval.start,
        interval.end,
        after,
        TRACES_AT_ONCE,
    )
    return [row["trace_id"] for row in rows]


async def _reprice(
    session: Session, trace_ids: Sequence[str], interval: Interval, pricing: Pricing, version: str
) -> Repriced:
    traces = await lock_traces(session, trace_ids)
    calls = [span for span in _spans(traces) if span.has_usage and _is_within(span, interval)]
    after = [_priced(span, pricing, version) for span in calls]
    changed = [new for old, new in zip(calls, after, strict=True) if new != old]
    executions = await _store(session, traces, changed)
    unknown = sum(span.cost_usd is None for span in after)
    known_changed = sum(span.cost_usd is not None for span in changed)
    return Repriced(known_changed, len(calls) - unknown - known_changed, unknown, executions)


async def _store(session: Session, traces: Mapping[str, Trace], changed: Sequence[Span]) -> int:
    """How many executions changed."""
    if not changed:
        return 0
    await _update(session, changed)
    for span in changed:
        traces[span.trace_id][span.span_id] = span
    ids = sorted({span.trace_id for span in changed})
    kept_from = (await fetch_horizon(session)).runs_from
    changes = await derive_anew(session, [list(traces[one].values()) for one in ids], kept_from)
    if changes:
        await log_change(session, times_of(changes), changes)
    return len(changes)


async def _update(session: Session, spans: Sequence[Span]) -> None:
    await session.connection.execute(
        QUERIES["update_costs"],
        session.workspace_id,
        [span.started_at for span in spans],
        [span.trace_id for span in spans],
        [span.span_id for span in spans],
        [span.cost_usd for span in spans],
        [span.price_version for span in spans],
    )


def _spans(traces: Mapping[str, Trace]) -> list[Span]:
    return [span for trace in traces.values() for span in trace.values()]


def _is_within(span: Span, interval: Interval) -> bool:
    return interval.start <= span.started_at < interval.end


def _priced(span: Span, pricing: Pricing, version: str) -> Span:
    cost = pricing(span)
    return replace(span, cost_usd=cost, price_version=None if cost is None else version)
