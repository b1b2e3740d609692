"""Where arrivals go: a port with two ways behind it."""

from typing import Protocol

from services.ingest.arrival import Arrival
from services.warehouse.facts.recorder import BatchRecorded


class Intake(Protocol):
    """Makes arrivals durable."""

    async def take(self, arrival: Arrival) -> BatchRecorded | None:
        """What became of it; None if that is not known yet, since the log has it.

        When this returns, the arrival is durable and will be counted exactly once. Raises
        ResourceExhausted when as much waits as may wait, and Unavailable; both may be tried
        again.
        """
        ...
