"""What a process is called by those who watch it."""

import uuid

from opentelemetry.sdk.resources import Resource

NAMESPACE = "shadower"


def resource_of(name: str) -> Resource:
    """Replicas of a service differ in their instance. OTEL_RESOURCE_ATTRIBUTES adds to it."""
    instance = str(uuid.uuid4())
    return Resource.create(
        {
            "service.namespace": NAMESPACE,
            "service.name": name,
            "service.instance.id": instance,
        }
    )
