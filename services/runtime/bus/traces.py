"""Events of the bus in the traces in which they happened, whichever transport brings them."""

from functools import lru_cache

from services.runtime.bus.event import BusEvent
from services.runtime.telemetry.running import Doing, Nothing
from services.runtime.telemetry.shapes import CONSUMER, Shape
from services.runtime.telemetry.tracer import going_on


def handling(event: BusEvent, group: str = "") -> Doing | Nothing:
    """While a member of a group handles it; without one, every process hears it."""
    return going_on(_shape(event.type, group), event.traceparent)


@lru_cache(256)
def _shape(event_type: str, group: str) -> Shape:
    return Shape(
        f"process {event_type}",
        CONSUMER,
        messaging__system="shadower.bus",
        messaging__destination__name=event_type,
        messaging__consumer__group__name=group,
        messaging__operation__type="process",
        messaging__operation__name="process" if group else "hear",
    )
