"""What may wait to be written: bounded in items and in bytes."""

from services.ingest.arrival import Arrival
from services.runtime.faults import RETRY_DELAY, ResourceExhausted


class Backlog:
    """Counts what waits. Who enters must leave, however its arrival ends."""

    def __init__(self, items: int, size: int) -> None:
        self._limits = {"items": items, "bytes": size}
        self._waiting = {"items": 0, "bytes": 0}

    def enter(self, arrival: Arrival) -> None:
        """An arrival that is larger than all the room enters when nothing else waits.

        Raises ResourceExhausted.
        """
        for unit, size in _sizes(arrival).items():
            if self._waiting[unit] and self._waiting[unit] + size > self._limits[unit]:
                raise _full(unit, self._limits[unit])
        self._add(arrival, 1)

    def leave(self, arrival: Arrival) -> None:
        self._add(arrival, -1)

    def _add(self, arrival: Arrival, sign: int) -> None:
        for unit, size in _sizes(arrival).items():
            self._waiting[unit] += sign * size


def _sizes(arrival: Arrival) -> dict[str, int]:
    return {"items": arrival.items, "bytes": arrival.bytes}


def _full(unit: str, limit: int) -> ResourceExhausted:
    return ResourceExhausted(
        "BACKLOG_FULL",
        f"{limit} {unit} wait to be written, and no more may",
        metadata={"limit": str(limit), "unit": unit},
        retry_after=RETRY_DELAY,
    )
