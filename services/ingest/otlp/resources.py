"""What OTLP says of the program that emitted something."""

from collections.abc import Iterable

from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from services.ingest.otlp.attributes import Attributes

SERVICE_NAME = "service.name"
INSTANCE_ID = "service.instance.id"
WORKSPACE_ID = "shadower.workspace.id"
KEYS = frozenset({SERVICE_NAME, INSTANCE_ID, WORKSPACE_ID})
# More than a workspace's id may have, so that one that is too long is not taken for another.
MAX_WORKSPACE = 128
MAX_INSTANCE = 256


def service_name(resource: Resource) -> str:
    return _attributes(resource).text([SERVICE_NAME], 128).replace("/", "_")


def instance_id(resource: Resource) -> str:
    """Tells programs of one name apart; "" if the program does not."""
    return _attributes(resource).text([INSTANCE_ID], MAX_INSTANCE)


def workspaces(resources: Iterable[Resource]) -> set[str]:
    """The workspaces that resources name."""
    named = (_attributes(one).text([WORKSPACE_ID], MAX_WORKSPACE) for one in resources)
    return {name for name in named if name}


def _attributes(resource: Resource) -> Attributes:
    return Attributes(resource.attributes, KEYS)
