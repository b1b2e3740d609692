"""The span that runs, and those that are begun within it. Where no trace is recorded nothing is
begun, so that it costs nothing."""

from contextvars import Context, ContextVar, Token, copy_context
from types import TracebackType

from services.runtime.telemetry.shapes import Shape
from services.runtime.telemetry.spans import Span
from services.runtime.telemetry.traceparent import NO_PLACE, Place
from services.runtime.telemetry.wire import Value

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
