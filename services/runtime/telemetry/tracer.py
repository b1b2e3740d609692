"""Spans within none of this process: of a trace that came from elsewhere, or that begins here."""

import random
from collections.abc import Callable
from contextvars import ContextVar

from services.runtime.telemetry.running import NOTHING, Doing, Nothing
from services.runtime.telemetry.shapes import Shape
from services.runtime.telemetry.spans import Ended, Keep, Span, new_span_id
from services.runtime.telemetry.traceparent import NO_PLACE, Place, place_of


class Tracer:
    """Begins spans that are within none of this process."""

    def __init__(self, keep: Keep, is_chosen: Callable[[int], bool], *, heeds: bool) -> None:
        """`is_chosen` says by its id whether a new trace is recorded; `heeds`, whether those who
        began one say so."""
        self._keep = keep
        self._is_chosen = is_chosen
        self._heeds = heeds

    def keep(self, ended: Ended) -> None:
        self._keep(ended)

    def place(self, parent: Place) -> Place:
        """Within that one, or in a trace of its own if it is none."""
        trace_id, _, is_recorded = parent
        if trace_id and self._heeds:
            return Place(trace_id, new_span_id(), is_recorded)
        number = int(trace_id, 16) if trace_id else random.getrandbits(128)
        return Place(trace_id or f"{number:032x}", new_span_id(), self._is_chosen(number))

    def begin(self, shape: Shape, parent: Place = NO_PLACE) -> Span:
        return Span(shape, self.place(parent), parent.span_id, self._keep)


TRACER: ContextVar[Tracer | None] = ContextVar("tracer", default=None)
"""That of the process; None if nobody wants to see traces."""


def span_from(shape: Shape, traceparent: str) -> Span | None:
    """A span in a trace that came from elsewhere, if that is recorded."""
    tracer = TRACER.get()
    parent = place_of(traceparent) if tracer and traceparent else NO_PLACE
    return tracer.begin(shape, parent) if tracer and parent.is_recorded else None


def going_on(shape: Shape, traceparent: str) -> Doing | Nothing:
    """The same while something is done within it."""
    span = span_from(shape, traceparent)
    return Doing(span) if span else NOTHING


def serving(shape: Shape, traceparent: str) -> Doing | Nothing:
    """A span in the caller's trace, or in one that begins here, whether it is recorded or not."""
    tracer = TRACER.get()
    return Doing(tracer.begin(shape, place_of(traceparent))) if tracer else NOTHING


def of_its_own(shape: Shape) -> Doing | Nothing:
    """A span with which a trace begins."""
    tracer = TRACER.get()
    return Doing(tracer.begin(shape)) if tracer else NOTHING
