"""Where a process finds the services that it calls."""

import json

from pydantic import field_validator

from services.runtime.process_settings import ProcessSettings

MESH = "127.0.0.1:8081"


class MeshSettings(ProcessSettings):
    """Of one address for all of them, or of an address each."""

    mesh: str = MESH
    """Where the services are: one address for all, that of the edge's mesh listener, or a JSON
    object from full names of services to addresses, as gRPC writes them."""

    @field_validator("mesh")
    @classmethod
    def _is_address_or_map(cls, mesh: str) -> str:
        if mesh.startswith("{") and not _is_map(mesh):
            raise ValueError("is neither an address nor a JSON object of addresses")
        return mesh

    def target(self, service: str) -> str:
        """Where a service is, by its full name. Raises KeyError if nobody said."""
        if not self.mesh.startswith("{"):
            return self.mesh
        return str(json.loads(self.mesh)[service])


def _is_map(mesh: str) -> bool:
    try:
        content = json.loads(mesh)
    except json.JSONDecodeError:
        return False
    return all(isinstance(address, str) and address for address in content.values())
