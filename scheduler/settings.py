"""What the scheduler is told by its environment."""

from typing import Self

from pydantic import model_validator

from services.runtime.mesh_settings import MeshSettings
from services.runtime.settings import Settings


class SchedulerSettings(MeshSettings, Settings):
    """One object per process, made by its `__main__`."""

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if self.mesh.startswith("{"):
            raise ValueError("SHADOWER_MESH is one address here: that of the mesh listener")
        return self
