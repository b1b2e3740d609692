"""What the scheduler is told by its environment."""

from services.runtime.mesh_settings import MeshSettings
from services.runtime.settings import Settings


class SchedulerSettings(MeshSettings, Settings):
    """One object per process, made by its `__main__`."""
