"""What OpenTelemetry's own variables say of traces, to services and to the edge alike."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class TraceSettings(BaseSettings):
    """Whether there are traces, which, and where they go."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    traces_exporter: Literal["", "none", "otlp"] = Field(
        default="", validation_alias="OTEL_TRACES_EXPORTER"
    )
    """Whether traces are sent by OTLP over gRPC. Empty: if there is an endpoint for them. Headers,
    certificates and queues are as OpenTelemetry has them: OTEL_EXPORTER_OTLP_TRACES_HEADERS,
    OTEL_BSP_MAX_QUEUE_SIZE and so on."""

    traces_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    """Where a collector of traces listens, as http://host:4317. Not the endpoint of all signals:
    whoever sends us telemetry has that set to our own edge."""

    traces_sampler: Literal[
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ] = Field(default="parentbased_traceidratio", validation_alias="OTEL_TRACES_SAMPLER")
    """Which traces are recorded. By its parent: as whoever began it says."""

    traces_ratio: float = Field(default=0.1, ge=0, le=1, validation_alias="OTEL_TRACES_SAMPLER_ARG")
    """The part of new traces that is recorded, for samplers by ratio."""

    @property
    def sends_traces(self) -> bool:
        return self.traces_exporter == "otlp" or bool(
            self.traces_endpoint and not self.traces_exporter
        )

    @property
    def traced_part(self) -> float:
        """Of traces whose recording nobody has decided yet."""
        always = {"always_on": 1.0, "always_off": 0.0}
        return always.get(self.traces_sampler.removeprefix("parentbased_"), self.traces_ratio)

    @property
    def heeds_callers(self) -> bool:
        """Whether it is whoever began a trace who decides that it is recorded."""
        return self.traces_sampler.startswith("parentbased_")
