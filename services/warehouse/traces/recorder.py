"""Stores spans, and lets executions follow from them in the same transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from services.warehouse.database import Session
from services.warehouse.facts.executions import Written
from services.warehouse.facts.model import Outcome, Recorded
from services.warehouse.sql import Queries
from services.warehouse.traces.executions import derive_anew, times_of
from services.warehouse.traces.model import Span, SpanKind, SpanOutcome
from services.warehouse.traces.rows import as_rows

QUERIES = Queries(__file__)
COLUMNS = tuple(field.name for field in fields(Span))

# A trace is loaded as a whole, so it must have an end. Spans beyond that are refused.
MAX_TRACE_SPANS = 10_000

Trace = dict[str, Span]


async def record_spans(
    session: Session, arriving: Sequence[Span], kept_from: datetime | None = None
) -> Written:
    """Takes effect in the order given: the first span of an id is the one that counts. Locks
    each trace until the transaction ends. Runs from before what is kept stay as they are."""
    if not arriving:
        return Written([], set())
    traces = await lock_traces(session, {span.trace_id for span in arriving})
    results = [_add(traces[span.trace_id], span) for span in arriving]
    new = _new_spans(arriving, results)
    await _insert(session, new)
    changed = {span.trace_id for span in new}
    known = [list(traces[one].values()) for one in sorted(changed)]
    changes = await derive_anew(session, known, kept_from)
    return Written(results, times_of(changes), changes)


async def lock_traces(session: Session, trace_ids: Iterable[str]) -> Mapping[str, Trace]:
    """What is stored of the traces, which are ours until we commit. In the order of ids, so that
    writers never wait for each other in a circle."""
    ordered = sorted(trace_ids)
    await session.connection.execute(QUERIES["lock_traces"], session.workspace_id, ordered)
    rows = await session.connection.fetch(QUERIES["spans"], session.workspace_id, ordered)
    traces: defaultdict[str, Trace] = defaultdict(dict)
    for row in rows:
        traces[row["trace_id"]][row["span_id"]] = _span(dict(row))
    return traces


def _add(trace: Trace, span: Span) -> Recorded:
    if span.span_id in trace:
        return Recorded(Outcome.DUPLICATE)
    if len(trace) >= MAX_TRACE_SPANS:
        return Recorded(Outcome.CONFLICT, ("trace_id",))
    trace[span.span_id] = span
    return Recorded(Outcome.STORED)


def _new_spans(arriving: Sequence[Span], results: Sequence[Recorded]) -> list[Span]:
    return [
        span
        for span, result in zip(arriving, results, strict=True)
        if result.outcome is Outcome.STORED
    ]


async def _insert(session: Session, spans: Sequence[Span]) -> None:
    if spans:
        rows = as_rows(asdict(span) for span in spans)
        await session.connection.execute(QUERIES["insert_spans"], session.workspace_id, rows)


def _span(row: Mapping[str, Any]) -> Span:
    values = {name: row[name] for name in COLUMNS}
    values["kind"] = SpanKind(row["kind"])
    values["outcome"] = SpanOutcome(row["outcome"])
    values["finish_reasons"] = tuple(row["finish_reasons"])
    return Span(**values)
