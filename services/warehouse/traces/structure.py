"""Who belongs to whom in a trace. Pure; takes time in proportion to the trace."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from services.warehouse.traces.model import Span, SpanKind


@dataclass(frozen=True)
class Place:
    """Where a span stands: what encloses it, itself not included."""

    run: Span | None = None
    """The nearest enclosing run."""
    in_told_call: bool = False
    """Whether a model call that tells its tokens encloses it, with no run or tool between."""


@dataclass(frozen=True)
class Members:
    """What belongs to a run itself, and not to a run within it; in the order of time."""

    calls: tuple[Span, ...] = ()
    """Every call of a model or a tool."""
    model_calls: tuple[Span, ...] = ()
    """Those of models that count: each once, however many spans tell of it."""
    tool_calls: tuple[Span, ...] = ()
    has_runs: bool = False


def places(trace: Sequence[Span]) -> dict[str, Place]:
    """The place of each span. One whose parent is not there is enclosed by nothing; one whose
    parents go round in a circle as well."""
    children = _children(trace)
    known = {span.span_id for span in trace}
    placed = {span.span_id: Place() for span in trace}
    waiting = [span for span in trace if span.parent_span_id not in known]
    while waiting:
        span = waiting.pop()
        within = _within(span, placed[span.span_id])
        for child in children[span.span_id]:
            placed[child.span_id] = within
            waiting.append(child)
    return placed


def members(trace: Sequence[Span], placed: Mapping[str, Place]) -> dict[str, Members]:
    """What belongs to each run, by its span's id; "" is nobody's."""
    counted = _counted_calls(trace, placed)
    groups: dict[str, list[Span]] = defaultdict(list)
    for span in in_order(trace):
        run = placed[span.span_id].run
        groups[run.span_id if run else ""].append(span)
    return {run_id: _members(spans, counted) for run_id, spans in groups.items()}


def in_order(spans: Iterable[Span]) -> list[Span]:
    """The order in which they began, the same whatever order they came in."""
    return sorted(spans, key=lambda span: (span.started_at, span.span_id))


def _children(trace: Sequence[Span]) -> dict[str, list[Span]]:
    children: dict[str, list[Span]] = defaultdict(list)
    for span in trace:
        if span.parent_span_id:
            children[span.parent_span_id].append(span)
    return children


def _within(span: Span, place: Place) -> Place:
    """The place of what a span encloses."""
    if span.is_run:
        return Place(span)
    if span.kind is SpanKind.TOOL_CALL:
        return replace(place, in_told_call=False)
    is_told = span.kind is SpanKind.MODEL_CALL and span.has_usage
    return replace(place, in_told_call=place.in_told_call or is_told)


def _counted_calls(trace: Iterable[Span], placed: Mapping[str, Place]) -> set[str]:
    """Calls of models, each once. A call in another one is the same call, told by a client and
    by what it uses; two with one answer are the same call, told by two instrumentations."""
    calls = [
        span
        for span in in_order(trace)
        if span.kind is SpanKind.MODEL_CALL and not placed[span.span_id].in_told_call
    ]
    calls.sort(key=lambda span: not span.has_usage)
    firsts = {span.response_id or span.span_id: span for span in reversed(calls)}
    return {span.span_id for span in firsts.values()}


def _members(own: Sequence[Span], counted: Set[str]) -> Members:
    models = [span for span in own if span.kind is SpanKind.MODEL_CALL]
    tools = [span for span in own if span.kind is SpanKind.TOOL_CALL]
    return Members(
        calls=tuple(in_order([*models, *tools])),
        model_calls=tuple(span for span in models if span.span_id in counted),
        tool_calls=tuple(tools),
        has_runs=any(span.is_run for span in own),
    )
