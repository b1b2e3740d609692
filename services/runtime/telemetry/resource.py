"""What a process is called by those who watch it."""

import uuid
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from opentelemetry.sdk.resources import Resource

NAMESPACE = "shadower"


@cache
def resource_of(name: str) -> Resource:
    """Replicas of a service differ in their instance, which metrics and traces of a process have in
    common. OTEL_RESOURCE_ATTRIBUTES adds to it."""
    instance = str(uuid.uuid4())
    return Resource.create(
        {
            "service.namespace": NAMESPACE,
            "service.name": name,
            "service.version": release(),
            "service.instance.id": instance,
        }
    )


def release() -> str:
    """Of the code; empty where it is not installed as a package."""
    try:
        return version("shadower-analytics")
    except PackageNotFoundError:
        return ""
