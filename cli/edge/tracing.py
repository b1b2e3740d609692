"""What the edge is told of traces: by the same variables as services, and one of its own."""

from pydantic import Field

from cli.edge.model import Tracing
from services.runtime.telemetry.settings import TraceSettings

COLLECTOR = "http://localhost:4317"


class EdgeTraceSettings(TraceSettings):
    """Callers of the edge are strangers to those who pay for what is recorded."""

    heeds_sampling: bool = Field(default=False, validation_alias="SHADOWER_EDGE_HEED_SAMPLING")
    """Whether callers from outside say by `traceparent` whether their requests are recorded, if the
    sampler is by the parent. Otherwise it is by chance, in the part that the sampler has."""


def tracing_of(settings: EdgeTraceSettings) -> Tracing | None:
    """None if nobody wants to see traces."""
    if not settings.sends_traces:
        return None
    return Tracing(
        settings.traces_endpoint or COLLECTOR,
        settings.traced_part * 100,
        heeds_callers=settings.heeds_callers,
        heeds_outsiders=settings.heeds_sampling,
    )
