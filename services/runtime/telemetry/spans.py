"""Spans: what was done in a trace, from when to when, and within what.

A span is begun within the one that runs, or in a trace that came from elsewhere. Where no trace is
recorded nothing is begun, so that it costs nothing.
"""

import random
import time
from collections.abc import Callable, Iterable
from contextvars import Context, ContextVar, Token, copy_context
from types import TracebackType
from typing import NamedTuple, Protocol, TypeAlias

from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from opentelemetry.trace import SpanContext, TraceFlags

from services.runtime.telemetry.traceparent import NO_PLACE, Place, place_of
from services.runtime.telemetry.wire import (
    Value,
    encoded_attribute,
    encoded_failure,
    encoded_ids,
    encoded_link,
    encoded_shape,
    encoded_times,
    field,
)

# In ScopeSpans.
SPANS = b"\x12"
MOST_LINKS = 32
MOST_WITHIN = 200
"""Spans of a process within one that it begins: a stream lives for hours, and a job does a thing a
thousand times. What is done beyond that is in no trace."""


INTERNAL = OtlpSpan.SPAN_KIND_INTERNAL
SERVER = OtlpSpan.SPAN_KIND_SERVER
CLIENT = OtlpSpan.SPAN_KIND_CLIENT
PRODUCER = OtlpSpan.SPAN_KIND_PRODUCER
CONSUMER = OtlpSpan.SPAN_KIND_CONSUMER
Kind: TypeAlias = "OtlpSpan.SpanKind.ValueType"


class Shape:
    """What spans of a sort have in common. There are to be few: whoever makes them as they come
    remembers them."""

    __slots__ = ("encoded", "name")

    def __init__(self, name: str, kind: Kind, **attributes: Value) -> None:
        """Dots in the names of attributes are written as two underscores."""
        self.name = name
        named = {key.replace("__", "."): value for key, value in attributes.items()}
        self.encoded = encoded_shape(name, kind, named)


class Ended(Protocol):
    """What can be sent when it has ended."""

    @property
    def context(self) -> SpanContext:
        """The SDK's queue asks it whether it is recorded."""

    def encoded(self) -> bytes:
        """One span or several, as ScopeSpans has them."""


Keep = Callable[[Ended], None]
RECORDED = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class Leaf(NamedTuple):
    """What is known of a span that has none within it."""

    shape: Shape
    began: int
    ended: int
    failure: str | None


class Room:
    """What a span and all that are within it share."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MOST_WITHIN


class Span:
    """Whoever begins it ends it."""

    __slots__ = (
        "_keep",
        "attributes",
        "began",
        "ended",
        "failure",
        "leaves",
        "links",
        "parent_id",
        "place",
        "room",
        "shape",
    )

    def __init__(
        self, shape: Shape, place: Place, parent_id: str, keep: Keep, room: Room | None = None
    ) -> None:
        self._keep = keep
        self.room = room or Room()
        self.shape = shape
        self.place = place
        self.parent_id = parent_id
        # Few have any, and what has none gives the collector of garbage nothing to look through.
        self.attributes: dict[str, Value] | None = None
        self.links: tuple[Place, ...] = ()
        self.leaves: list[Leaf] | None = None
        self.failure: str | None = None
        self.began = time.time_ns()
        self.ended = 0

    @property
    def context(self) -> SpanContext:
        return RECORDED

    @property
    def takes_children(self) -> bool:
        return self.place.is_recorded and self.room.left > 0

    def child(self, shape: Shape) -> "Span":
        self.room.left -= 1
        trace_id, span_id, is_recorded = self.place
        place = Place(trace_id, new_span_id(), is_recorded)
        return Span(shape, place, span_id, self._keep, self.room)

    def note(self, shape: Shape, began: int, failure: str | None = None) -> None:
        """Something that was done within, and nothing within that: it is sent with this one, which
        takes a part of the time of a span of its own."""
        self.room.left -= 1
        leaf = Leaf(shape, began, time.time_ns(), failure)
        if self.ended:
            self._keep(_Late(self.place, leaf))
        elif self.leaves is None:
            self.leaves = [leaf]
        else:
            self.leaves.append(leaf)

    def set(self, key: str, value: Value) -> None:
        if self.attributes is None:
            self.attributes = {}
        self.attributes[key] = value

    def link(self, places: Iterable[Place]) -> None:
        """To so many of them as have room."""
        room = MOST_LINKS - len(self.links)
        self.links += tuple(one for one in places if one.is_recorded)[:room]

    def fail(self, why: str) -> None:
        self.failure = why

    def end(self) -> None:
        self.ended = time.time_ns()
        if self.place.is_recorded:
            self._keep(self)

    def encoded(self) -> bytes:
        trace_id, span_id, _ = self.place
        parts = [
            self.shape.encoded,
            encoded_ids(trace_id, span_id, self.parent_id),
            encoded_times(self.began, self.ended),
        ]
        for attribute in (self.attributes or {}).items():
            parts.append(encoded_attribute(*attribute))
        parts += [encoded_link(one.trace_id, one.span_id) for one in self.links]
        if self.failure is not None:
            parts.append(encoded_failure(self.failure))
        own = field(SPANS, b"".join(parts))
        return own + b"".join(_encoded_leaf(self.place, leaf) for leaf in self.leaves or ())


class _Late(NamedTuple):
    """What was done within a span when that had been sent."""

    place: Place
    leaf: Leaf

    @property
    def context(self) -> SpanContext:
        return RECORDED

    def encoded(self) -> bytes:
        return _encoded_leaf(self.place, self.leaf)


def _encoded_leaf(place: Place, leaf: Leaf) -> bytes:
    ids = encoded_ids(place.trace_id, new_span_id(), place.span_id)
    parts = [leaf.shape.encoded, ids, encoded_times(leaf.began, leaf.ended)]
    if leaf.failure is not None:
        parts += [encoded_attribute("error.type", leaf.failure), encoded_failure(leaf.failure)]
    return field(SPANS, b"".join(parts))


RUNNING: ContextVar[Span | None] = ContextVar("running_span", default=None)
"""The span within which things are done."""


class Doing:
    """A span while something is done within it. What breaks it is told as its failure."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token: Token[Span | None] = RUNNING.set(self._span)
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        RUNNING.reset(self._token)
        if kind is not None:
            self._span.set("error.type", kind.__qualname__)
            self._span.fail(kind.__qualname__)
        self._span.end()


class Nothing:
    """What stands for a span where none is recorded."""

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to be ended."""

    def set(self, key: str, value: Value) -> None:
        """Nobody would see it."""

    def fail(self, why: str) -> None:
        """As above."""


NOTHING = Nothing()


def within(shape: Shape) -> Doing | Nothing:
    """A span within the one that runs, if that is recorded."""
    running = RUNNING.get()
    if running is None or not running.takes_children:
        return NOTHING
    return Doing(running.child(shape))


def outside() -> Context:
    """For what goes on when the span has ended in which it is begun: it belongs to no trace."""
    context = copy_context()
    context.run(RUNNING.set, None)
    return context


def running_place() -> Place:
    running = RUNNING.get()
    return NO_PLACE if running is None else running.place


def running_traceparent() -> str:
    """For whoever goes on elsewhere, at another time; "" where no trace is recorded."""
    place = running_place()
    return place.traceparent if place.is_recorded else ""


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


def new_span_id() -> str:
    """Unlike enough; nobody may rely on not guessing it."""
    return f"{random.getrandbits(64):016x}"
