"""Bounds what a process does at once: full means RESOURCE_EXHAUSTED, never growth.

Health checks are not counted: a busy process is not a sick one.
"""

from services.runtime.call import Call, Interceptor
from services.runtime.faults import RETRY_DELAY, ResourceExhausted


class Capacity(Interceptor):
    """Refuses calls beyond the most that may be in flight; streams have a bound of their own."""

    def __init__(self, calls: int, streams: int) -> None:
        self._calls = _Places(calls)
        self._streams = _Places(streams)

    def enter(self, call: Call) -> None:
        self._of(call).take()

    def leave(self, call: Call) -> None:
        self._of(call).give_back()

    def _of(self, call: Call) -> "_Places":
        return self._streams if call.contract.streams_replies else self._calls


class _Places:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def take(self) -> None:
        if self._taken >= self._limit:
            raise ResourceExhausted(
                "SERVER_BUSY",
                f"the server does {self._limit} at once, and is full",
                metadata={"limit": str(self._limit)},
                retry_after=RETRY_DELAY,
            )
        self._taken += 1

    def give_back(self) -> None:
        self._taken -= 1
