"""What OTLP says of the program that emitted something."""

from collections.abc import Iterable

from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from services.ingest.otlp.attributes import Attributes

SERVICE_NAME = "service.name"
WORKSPACE_ID = "shadower.workspace.id"
KEYS = frozenset({SERVICE_NAME, WORKSPACE_ID})
# More than a workspace's id may have, so that one that is too long is not taken for another.
MAX_WORKSPACE = 128


def service_name(resource: Resource) -> str:
    return _attributes(resource).text([SERVICE_NAME], 128).replace("/", "_")


def workspaces(resources: Iterable[Resource]) -> set[str]:
    """The workspaces that resources name."""
    named = (_attributes(one).text([WORKSPACE_ID], MAX_WORKSPACE) for one in resources)
    return {name for name in named if name}


def _attributes(resource: Resource) -> Attributes:
    return Attributes(resource.attributes, KEYS)
