"""Spans: what was done in a trace, from when to when, and within what."""

import random
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from opentelemetry.trace import SpanContext, TraceFlags

from services.runtime.telemetry.shapes import Shape
from services.runtime.telemetry.traceparent import Place
from services.runtime.telemetry.wire import (
    Value,
    encoded_attribute,
    encoded_failure,
    encoded_ids,
    encoded_link,
    encoded_times,
    field,
)

# In ScopeSpans.
SPANS = b"\x12"
MOST_LINKS = 32
MOST_WITHIN = 200
"""Spans of a process within one that it begins: a stream lives for hours, and a job does a thing a
thousand times. What is done beyond that is in no trace."""


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


def new_span_id() -> str:
    """Unlike enough; nobody may rely on not guessing it."""
    return f"{random.getrandbits(64):016x}"
