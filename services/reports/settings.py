"""What the process that makes reports is told by its environment."""

from pydantic import Field

from services.runtime.mesh_settings import MeshSettings
from services.runtime.settings import Settings


class ReportsSettings(MeshSettings, Settings):
    """One object per process, made by its `__main__`."""

    public_url: str = Field(default="http://127.0.0.1:8080", pattern="^https?://[^/?#]+$")
    """Where callers find the edge. Links to reports begin with it."""
