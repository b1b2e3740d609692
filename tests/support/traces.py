"""Random traces, and what executions follow from one that is seen as a whole.

The oracle asks of each call, upwards, whose it is; it shares no code with the derivation.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.warehouse.traces.model import Span, SpanKind, SpanOutcome

START = datetime(2025, 3, 31, 23, 59, 58, tzinfo=UTC)
TRACE = "0af7651916cd43dd8448eb211c80319c"
RUNS = (SpanKind.AGENT, SpanKind.WORKFLOW)
SUMMED = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cache_read_tokens",
    "cost_usd": "cost_usd",
}


def span(number: int, **fields: Any) -> Span:
    given = {
        "trace_id": TRACE,
        "span_id": f"{number:016x}",
        "kind": SpanKind.OTHER,
        "started_at": START,
        "ended_at": START + timedelta(seconds=1),
    }
    return Span(**given | fields)


def sid(number: int) -> str:
    return f"{number:016x}"


@st.composite
def traces(draw: st.DrawFn) -> list[Span]:
    """Forests in which parents may be missing, of every kind, with and without tokens."""
    count = draw(st.integers(1, 12))
    return [_drawn(draw, number, count) for number in range(1, count + 1)]


def _drawn(draw: st.DrawFn, number: int, count: int) -> Span:
    # An earlier one, one that never comes, or none.
    parent = draw(
        st.one_of(
            st.none(),
            st.integers(max(1, number - 3), number - 1) if number > 1 else st.none(),
            st.just(count + 1),
        )
    )
    start = START + timedelta(milliseconds=draw(st.integers(0, 4000)))
    tokens = st.one_of(st.none(), st.integers(0, 1000))
    given = draw(tokens)
    cost = draw(st.one_of(st.none(), st.integers(0, 10**6)))
    return span(
        number,
        parent_span_id=None if parent is None else sid(parent),
        kind=draw(st.sampled_from(list(SpanKind))),
        started_at=start,
        ended_at=start + timedelta(milliseconds=draw(st.integers(0, 2000))),
        outcome=draw(st.sampled_from(list(SpanOutcome))),
        error_type=draw(st.sampled_from([None, "openai.APITimeoutError", "429", "CancelledError"])),
        service_name=draw(st.sampled_from([None, "shop", "desk"])),
        agent_name=draw(st.sampled_from([None, "helper"])),
        user_id=draw(st.sampled_from([None, "ann", "bob"])),
        provider=draw(st.sampled_from([None, "openai"])),
        request_model=draw(st.sampled_from([None, "gpt-4o", "o3"])),
        response_id=draw(st.sampled_from([None, None, "answer-1", "answer-2"])),
        input_tokens=given,
        cache_read_tokens=given and draw(st.one_of(st.none(), st.integers(0, given))),
        output_tokens=draw(tokens),
        cost_usd=None if cost is None else Decimal(cost).scaleb(-7),
        price_version=None if cost is None else "1",
    )


def expected(trace: Iterable[Span]) -> dict[str, dict[str, Any]]:
    """Of each execution, by its id, what the trace as a whole tells."""
    by_id = {one.span_id: one for one in trace}
    runs = [one for one in by_id.values() if one.kind in RUNS]
    told = {f"{TRACE}:{one.span_id}": _of_run(one, by_id) for one in runs}
    orphans = [one for one in _calls(by_id) if _run_of(one, by_id) is None]
    if orphans:
        told[TRACE] = _implicit(orphans, by_id)
    return told


def _upwards(one: Span, by_id: dict[str, Span]) -> list[Span]:
    chain = []
    while one.parent_span_id in by_id:
        one = by_id[str(one.parent_span_id)]
        chain.append(one)
    return chain


def _run_of(one: Span, by_id: dict[str, Span]) -> Span | None:
    return next((up for up in _upwards(one, by_id) if up.kind in RUNS), None)


def _calls(by_id: dict[str, Span]) -> list[Span]:
    kinds = (SpanKind.MODEL_CALL, SpanKind.TOOL_CALL)
    return [one for one in by_id.values() if one.kind in kinds]


def _is_told_twice(one: Span, by_id: dict[str, Span]) -> bool:
    for up in _upwards(one, by_id):
        if up.kind in (*RUNS, SpanKind.TOOL_CALL):
            return False
        if up.kind is SpanKind.MODEL_CALL and _tells(up):
            return True
    return False


def _tells(one: Span) -> bool:
    return not (one.input_tokens is None and one.output_tokens is None)


def _of_run(run: Span, by_id: dict[str, Span]) -> dict[str, Any]:
    own = [one for one in _calls(by_id) if _run_of(one, by_id) is run]
    nested = [o for o in by_id.values() if o.kind in RUNS and _run_of(o, by_id) is run]
    models = _models(own, by_id)
    counted = models if nested or any(map(_tells, models)) else [run]
    above = _run_of(run, by_id)
    return {
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "agent_id": ":".join(filter(None, [run.service_name, run.agent_name])) or "unknown_service",
        "parent_execution_id": above and f"{TRACE}:{above.span_id}",
        "user_id": run.user_id or _earliest(own, "user_id"),
        "model": run.request_model or _earliest(models, "request_model"),
        "status": _status(run),
        **_totals(counted, own),
    }


def _implicit(own: list[Span], by_id: dict[str, Span]) -> dict[str, Any]:
    models = _models(own, by_id)
    last = sorted(own, key=lambda one: (one.ended_at, one.span_id))[-1]
    return {
        "started_at": min(one.started_at for one in own),
        "ended_at": max(one.ended_at for one in own),
        "agent_id": _earliest(own, "service_name") or "unknown_service",
        "parent_execution_id": None,
        "user_id": _earliest(own, "user_id"),
        "model": _earliest(models, "request_model"),
        "status": _status(last),
        **_totals(models, own),
    }


def _models(own: list[Span], by_id: dict[str, Span]) -> list[Span]:
    models = [one for one in own if one.kind is SpanKind.MODEL_CALL]
    return [one for one in models if _counts(one, by_id)]


def _counts(one: Span, by_id: dict[str, Span]) -> bool:
    """Of all spans with its answer it is the best: tells tokens, began first."""
    if _is_told_twice(one, by_id) or not one.response_id:
        return not _is_told_twice(one, by_id)
    rivals = [
        rival
        for rival in by_id.values()
        if (rival.kind, rival.response_id) == (one.kind, one.response_id)
        and not _is_told_twice(rival, by_id)
    ]
    return one is min(rivals, key=lambda r: (not _tells(r), r.started_at, r.span_id))


def _totals(counted: list[Span], own: list[Span]) -> dict[str, Any]:
    totals: dict[str, Any] = {}
    for total, of_span in SUMMED.items():
        known = [getattr(one, of_span) for one in counted if getattr(one, of_span) is not None]
        totals[total] = sum(known) if known else None
    tools = [one for one in own if one.kind is SpanKind.TOOL_CALL]
    return totals | {"tool_calls": len(tools) or None}


def _earliest(spans: list[Span], name: str) -> Any:
    ordered = sorted(spans, key=lambda one: (one.started_at, one.span_id))
    return next((getattr(one, name) for one in ordered if getattr(one, name)), None)


def _status(one: Span) -> str:
    if one.outcome is not SpanOutcome.ERROR:
        return "succeeded"
    named = {"openai.APITimeoutError": "timed_out", "CancelledError": "cancelled"}
    return named.get(one.error_type or "", "failed")
