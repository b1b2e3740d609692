"""Spans that this process records, for a test to look at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

from services.runtime.telemetry.spans import Ended
from services.runtime.telemetry.tracer import TRACER, Tracer
from tests.support.collector import Told, Trace, told


class Recorded:
    """In the order in which they ended."""

    def __init__(self) -> None:
        self._kept: list[Ended] = []

    def keep(self, ended: Ended) -> None:
        self._kept.append(ended)

    @property
    def spans(self) -> list[Told]:
        encoded = b"".join(one.encoded() for one in self._kept)
        return [told("test", span) for span in ScopeSpans.FromString(encoded).spans]

    @property
    def trace(self) -> Trace:
        """All of them, which must be of one trace."""
        assert len({span.trace_id for span in self.spans}) == 1
        return Trace(self.spans)


def always(_: int) -> bool:
    return True


@contextmanager
def recording(
    is_chosen: Callable[[int], bool] = always, *, heeds: bool = True
) -> Iterator[Recorded]:
    recorded = Recorded()
    token = TRACER.set(Tracer(recorded.keep, is_chosen, heeds=heeds))
    try:
        yield recorded
    finally:
        TRACER.reset(token)
