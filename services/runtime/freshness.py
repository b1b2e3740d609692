"""How old what an answer is made from may be: who remembers answers asks, who reads tells."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

Moment = float
"""By this process's clock that only goes forward; see time.monotonic."""


class OutdatedSourceError(Exception):
    """What was read from went away, or aside, half-way. Who reads anew reads from the newest."""


class Freshness:
    """Of one answer: everything up to `needed` must be in it."""

    def __init__(self, needed: Moment) -> None:
        self.needed = needed
        self._moment: Moment = inf

    def rests_on(self, moment: Moment) -> None:
        """Something in it is known to be true then, and perhaps not later."""
        self._moment = min(self._moment, moment)

    def moment(self, began: Moment) -> Moment:
        """The last one at which the answer, begun then, is known to be true."""
        return min(self._moment, began)


_ASKED: ContextVar[Freshness | None] = ContextVar("freshness", default=None)


@contextmanager
def content_with(needed: Moment) -> Iterator[Freshness]:
    """Within, what is read may be as old as that. Else, readers want all that is committed."""
    freshness = Freshness(needed)
    token = _ASKED.set(freshness)
    try:
        yield freshness
    finally:
        _ASKED.reset(token)


def asked_freshness() -> Freshness | None:
    """None if nothing may be older than now."""
    freshness = _ASKED.get()
    return freshness if freshness is not None and freshness.needed < time.monotonic() else None
