"""What the edge is told of traces: by the same variables as services."""

from cli.edge.model import Tracing
from services.runtime.telemetry.settings import TraceSettings

COLLECTOR = "http://localhost:4317"


def tracing_of(settings: TraceSettings) -> Tracing | None:
    """None if nobody wants to see traces."""
    if not settings.sends_traces:
        return None
    url, percent = settings.traces_endpoint or COLLECTOR, settings.traced_part * 100
    return Tracing(url, percent, heeds_callers=settings.heeds_callers)
