"""The RPCs that there are, as the contract's descriptors tell, and where they are served."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FileDescriptor, MethodDescriptor
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from shadower.common.v1 import permission_pb2 as options

CONTRACT = "shadower"


@dataclass(frozen=True)
class Rpc:
    """A method, and the messages that it takes and gives."""

    service: str
    name: str
    request: Descriptor
    reply: Descriptor
    streams_requests: bool
    streams_replies: bool

    @property
    def path(self) -> str:
        return f"/{self.service}/{self.name}"

    @property
    def streams(self) -> bool:
        return self.streams_requests or self.streams_replies

    def __str__(self) -> str:
        return f"{self.service.removeprefix('shadower.')}/{self.name}"


def rpcs_of_the_contract() -> list[Rpc]:
    """Ours, and those of others that we answer."""
    found = {rpc.path: rpc for rpc in _found()}
    return [found[path] for path in sorted(found)]


def rpc_at(path: str) -> Rpc:
    """Raises LookupError if the contract has no such RPC."""
    found = [rpc for rpc in rpcs_of_the_contract() if rpc.path == path]
    if not found:
        raise LookupError(f"the contract has no {path}")
    return found[0]


def places(addresses: Iterable[str]) -> dict[str, list[str]]:
    """The addresses of each service's processes, by what they say of themselves."""
    found: dict[str, list[str]] = {}
    for address in addresses:
        with grpc.insecure_channel(address) as channel:
            for service in ProtoReflectionDescriptorDatabase(channel).get_services():
                found.setdefault(service, []).append(address)
    return found


def _found() -> Iterator[Rpc]:
    for file in _files_of(CONTRACT):
        for service in file.services_by_name.values():
            yield from map(_rpc, service.methods)
        for foreign in file.GetOptions().Extensions[options.foreign_methods]:
            yield _foreign(foreign.path)


def _foreign(path: str) -> Rpc:
    service, _, name = path.strip("/").partition("/")
    # Its definition is known as soon as its package has been imported.
    list(_files_of(service.rpartition(".")[0]))
    return _rpc(descriptor_pool.Default().FindMethodByName(f"{service}.{name}"))


def _files_of(package: str) -> Iterator[FileDescriptor]:
    """Every file that is generated below a package; where there are several, below the first."""
    folder = Path(import_module(package).__path__[0])
    for module in sorted(folder.rglob("*_pb2.py")):
        below = module.relative_to(folder).with_suffix("").parts
        yield import_module(".".join((package, *below))).DESCRIPTOR


def _rpc(method: MethodDescriptor) -> Rpc:
    return Rpc(
        service=method.containing_service.full_name,
        name=method.name,
        request=method.input_type,
        reply=method.output_type,
        streams_requests=method.client_streaming,
        streams_replies=method.server_streaming,
    )
