"""What is done once for many, as each of their traces shows it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from services.runtime.telemetry.running import Doing
from services.runtime.telemetry.shapes import Shape
from services.runtime.telemetry.spans import MOST_LINKS
from services.runtime.telemetry.traceparent import Place
from services.runtime.telemetry.tracer import TRACER


@contextmanager
def together(shape: Shape, places: Iterable[Place]) -> Iterator[None]:
    """A span in each trace, of so many as can be linked. What is done within belongs to the first
    of them, which has links to the others."""
    tracer, parents = TRACER.get(), _recorded(places)
    if tracer is None or not parents:
        yield
        return
    first, *others = [tracer.begin(shape, parent) for parent in parents]
    first.link(other.place for other in others)
    try:
        with Doing(first):
            yield
    finally:
        for other in others:
            other.failure = first.failure
            other.end()


def _recorded(places: Iterable[Place]) -> list[Place]:
    distinct = dict.fromkeys(place for place in places if place.is_recorded)
    return list(distinct)[: MOST_LINKS + 1]
