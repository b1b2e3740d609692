"""RPCs of the contract, as the gateway calls them."""

from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass


@dataclass(frozen=True)
class Method:
    """An RPC by its descriptor."""

    descriptor: MethodDescriptor

    @property
    def service(self) -> str:
        """Full name of its service."""
        return str(self.descriptor.containing_service.full_name)

    @property
    def path(self) -> str:
        return f"/{self.service}/{self.descriptor.name}"

    @property
    def request(self) -> Any:
        """The class of its requests."""
        return GetMessageClass(self.descriptor.input_type)

    @property
    def response(self) -> Any:
        """The class of its answers."""
        return GetMessageClass(self.descriptor.output_type)


def method(service: str, name: str) -> Method:
    """Raises KeyError for one that the contract lacks, or whose module was not imported."""
    found = descriptor_pool.Default().FindServiceByName(service)
    return Method(found.methods_by_name[name])
