"""What the contract says of an RPC: read from the options in proto, decided nowhere else."""

from dataclasses import dataclass
from functools import cache

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FileDescriptor, MethodDescriptor
from shadower.common.v1 import permission_pb2 as options
from shadower.common.v1.limit_class_pb2 import LimitClass, waits_unchecked

UNSPECIFIED_MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class MethodContract:
    """The part of an RPC's definition that interceptors enforce."""

    path: str
    permission: str
    max_request_bytes: int
    streams_replies: bool
    streams_requests: bool
    workspace_may_be_implied: bool = False
    limit_class: str = ""
    admits_by_secret: bool = False
    """Whether whoever knows a secret that its servicer judges needs no token."""
    longest_seconds: int = 0
    """Zero for what all others have."""

    @property
    def is_audited(self) -> bool:
        """Whether it changes something, beside recording facts, or lets in who has no token."""
        is_administrative = self.permission.endswith(":write") and self.permission != RECORDING
        return is_administrative or self.admits_by_secret


@cache
def method_contract(path: str) -> MethodContract | None:
    """The contract of "/package.Service/Method", or None if it is not one of ours."""
    if not path.startswith("/shadower."):
        return None
    method = _method(path)
    return MethodContract(
        path=path,
        permission=permission_name(_required_permission(method)),
        max_request_bytes=_max_bytes(method.input_type),
        streams_replies=method.server_streaming,
        streams_requests=method.client_streaming,
        workspace_may_be_implied=method.GetOptions().Extensions[options.workspace_may_be_implied],
        limit_class=class_name(method.GetOptions().Extensions[options.limit_class]),
        admits_by_secret=method.GetOptions().Extensions[options.admits_by_secret],
        longest_seconds=method.GetOptions().Extensions[options.longest_seconds],
    )


def foreign_contracts(file: FileDescriptor) -> dict[str, MethodContract]:
    """What a file of ours asks of methods that others define, by their paths."""
    return {
        foreign.path: _foreign_contract(foreign)
        for foreign in file.GetOptions().Extensions[options.foreign_methods]
    }


def permission_name(number: "options.Permission.ValueType") -> str:
    """PERMISSION_METRICS_READ is "metrics:read"; none is "", which nobody holds."""
    if number == options.PERMISSION_UNSPECIFIED:
        return ""
    words = options.Permission.Name(number).removeprefix("PERMISSION_").lower()
    return ":".join(words.rsplit("_", 1))


def class_name(number: "LimitClass.ValueType") -> str:
    """LIMIT_CLASS_ANALYTICS is "analytics"; none is "", which no budget has."""
    return LimitClass.Name(number).removeprefix("LIMIT_CLASS_").lower() if number else ""


@cache
def waiting_classes() -> frozenset[str]:
    """Those whose requests are refused while nobody can say how much of the limits is used."""
    return frozenset(
        class_name(LimitClass.Value(value.name))
        for value in LimitClass.DESCRIPTOR.values
        if value.GetOptions().Extensions[waits_unchecked]
    )


@cache
def role_grants() -> dict[str, frozenset[str]]:
    """The permissions of each role, by its name in small letters."""
    roles = options.Role.DESCRIPTOR.values
    return {
        role.name.removeprefix("ROLE_").lower(): frozenset(
            permission_name(number) for number in role.GetOptions().Extensions[options.role_grants]
        )
        for role in roles
        if role.number != options.ROLE_UNSPECIFIED
    }


def _foreign_contract(foreign: options.ForeignMethod) -> MethodContract:
    method = _method(foreign.path)
    return MethodContract(
        path=foreign.path,
        permission=permission_name(foreign.required_permission),
        max_request_bytes=foreign.max_encoded_bytes or UNSPECIFIED_MAX_BYTES,
        streams_replies=method.server_streaming,
        streams_requests=method.client_streaming,
        workspace_may_be_implied=True,
        limit_class=class_name(foreign.limit_class),
    )


def _method(path: str) -> MethodDescriptor:
    return descriptor_pool.Default().FindMethodByName(path.strip("/").replace("/", "."))


def _required_permission(method: MethodDescriptor) -> "options.Permission.ValueType":
    return method.GetOptions().Extensions[options.required_permission]


def _max_bytes(request: Descriptor) -> int:
    return int(request.GetOptions().Extensions[options.max_encoded_bytes]) or UNSPECIFIED_MAX_BYTES


RECORDING = permission_name(options.PERMISSION_INGEST_WRITE)
