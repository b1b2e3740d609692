"""What whoever keeps house is told by its environment."""

from pydantic import field_validator

from services.runtime.mesh_settings import MeshSettings
from services.runtime.settings import Settings


class UpkeepSettings(MeshSettings, Settings):
    """One object per process, made by its `__main__`."""

    checked_services: str = ""
    """Services to look at, as their full names and addresses:
    "shadower.metrics.v1.MetricsService@unix:/run/metrics.sock,…". Several of one name are
    replicas. Space around them does not count."""

    check_seconds: float = 2
    """Who has not answered after that is unreachable."""

    @field_validator("checked_services")
    @classmethod
    def _are_services(cls, given: str) -> str:
        for one in _listed(given):
            name, at, address = one.partition("@")
            if not (name and at and address):
                raise ValueError(f"{one} is no NAME@ADDRESS")
        return given

    @property
    def checked(self) -> dict[str, list[str]]:
        """Addresses by names."""
        found: dict[str, list[str]] = {}
        for one in _listed(self.checked_services):
            name, _, address = one.partition("@")
            found.setdefault(name, []).append(address)
        return found


def _listed(given: str) -> list[str]:
    return [one for part in given.split(",") if (one := part.strip())]
