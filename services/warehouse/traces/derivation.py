"""Executions out of the spans of a trace. Pure: the same spans give the same executions,
whatever order they came in.

Tokens and cost are counted once: those of a run's own model calls, or, if none of them tells
any and no run is nested in it, those that the run's own span tells. Never both.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from services.warehouse.facts.model import Execution
from services.warehouse.traces import failures
from services.warehouse.traces.model import Span
from services.warehouse.traces.structure import Members, Place, in_order, members, places

UNKNOWN_SERVICE = "unknown_service"
MAX_AGENT_ID = 128
NOBODY = ""

Number = TypeVar("Number", int, Decimal)


def derive(trace: Sequence[Span]) -> list[Execution]:
    """The executions that one trace tells of, each span of it given once."""
    placed = places(trace)
    owned = members(trace, placed)
    runs = in_order(span for span in trace if span.is_run)
    derived = [
        _run(span, placed[span.span_id], owned.get(span.span_id, Members())) for span in runs
    ]
    implicit = owned.get(NOBODY, Members())
    if implicit.calls:
        derived.append(_implicit(implicit))
    return derived


def possible_ids(trace: Iterable[Span]) -> set[str]:
    """The ids of every execution that these spans ever told of."""
    runs = {execution_id(span) for span in trace if span.is_run}
    return runs | {span.trace_id for span in trace}


def execution_id(run: Span) -> str:
    return f"{run.trace_id}:{run.span_id}"


def _run(span: Span, place: Place, own: Members) -> Execution:
    return Execution(
        execution_id=execution_id(span),
        started_at=span.started_at,
        ended_at=span.ended_at,
        status=failures.status(span),
        error_type=failures.error_type(span),
        error_message=span.error_message,
        agent_id=_agent_id(span),
        agent_name=span.agent_name,
        agent_version=span.agent_version,
        user_id=_first([span, *own.calls], lambda one: one.user_id),
        conversation_id=_first([span, *own.calls], lambda one: one.conversation_id),
        provider=_first([span, *own.model_calls], lambda one: one.provider),
        model=_first([span, *own.model_calls], lambda one: one.model),
        parent_execution_id=execution_id(place.run) if place.run else None,
        tool_calls=len(own.tool_calls) or None,
        **_usage(_counted(span, own)),
    )


def _implicit(own: Members) -> Execution:
    """Calls that no run encloses are one run of the program that made them. It ended as the
    last of them did."""
    calls = own.calls
    last = max(calls, key=lambda call: (call.ended_at, call.span_id))
    return Execution(
        execution_id=last.trace_id,
        started_at=calls[0].started_at,
        ended_at=last.ended_at,
        status=failures.status(last),
        error_type=failures.error_type(last),
        error_message=last.error_message,
        agent_id=_first(calls, lambda one: one.service_name) or UNKNOWN_SERVICE,
        user_id=_first(calls, lambda one: one.user_id),
        conversation_id=_first(calls, lambda one: one.conversation_id),
        provider=_first(own.model_calls, lambda one: one.provider),
        model=_first(own.model_calls, lambda one: one.model),
        tool_calls=len(own.tool_calls) or None,
        **_usage(own.model_calls),
    )


def _counted(run: Span, own: Members) -> Sequence[Span]:
    """The spans whose tokens are the run's."""
    is_told_by_calls = any(call.has_usage for call in own.model_calls)
    return own.model_calls if is_told_by_calls or own.has_runs else [run]


def _usage(spans: Sequence[Span]) -> dict[str, Any]:
    """Sums of what is known; not known if nothing is."""
    return {
        "input_tokens": _sum(span.input_tokens for span in spans),
        "output_tokens": _sum(span.output_tokens for span in spans),
        "cached_input_tokens": _sum(span.cache_read_tokens for span in spans),
        "cost_usd": _sum(span.cost_usd for span in spans),
    }


def _sum(values: Iterable[Number | None]) -> Number | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _agent_id(run: Span) -> str:
    """An agent without an id is known by its name in its program."""
    if run.agent_id:
        return run.agent_id
    name = (run.agent_name or "").replace("/", "_")
    parts = [part for part in (run.service_name, name) if part]
    return ":".join(parts)[:MAX_AGENT_ID] or UNKNOWN_SERVICE


def _first(spans: Iterable[Span], value: Callable[[Span], str | None]) -> str | None:
    return next((found for span in spans if (found := value(span))), None)
