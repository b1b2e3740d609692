"""What the process that answers with metrics is told by its environment."""

from pydantic import Field

from services.runtime.settings import Settings


class MetricsSettings(Settings):
    """One object per process, made by its `__main__`. Its streams are many, and cost little."""

    max_streams: int = Field(default=10_000, ge=1)
    """Live streams at once; further ones get RESOURCE_EXHAUSTED. Each takes about 40 KiB."""

    max_workspace_streams: int = Field(default=2_500, ge=1)
    """Those of them that follow one workspace; further ones get SERVER_BUSY."""

    live_points: int = Field(default=1_000_000, ge=1)
    """Points that all views of streams have together, of about 300 bytes each. While there are
    more, nobody begins to follow what nobody else follows."""
