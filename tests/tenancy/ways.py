"""Every way to every RPC, as descriptors and the GraphQL schema tell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from google.api import annotations_pb2
from google.protobuf import descriptor_pool

from gateway.web.graphql.operations import QUERIES, STREAM
from tools.fuzzing.rpcs import CONTRACT, Rpc, rpcs_of_the_contract

PATH_FIELD = re.compile(r"{(\w+)}")
# Of a process, not of the mesh: no way of the edge leads there, so its own port is asked.
OF_A_PROCESS = "shadower.runtime.v1."


class Protocol(StrEnum):
    """How callers speak."""

    GRPC = "gRPC"
    GRPC_WEB = "gRPC-Web"
    REST = "REST"
    EVENTS = "SSE"
    WEBSOCKET = "WebSocket"
    GRAPHQL = "GraphQL"
    GRAPHQL_SOCKET = "GraphQL by WebSocket"
    OWN_PORT = "gRPC at the service's own port"


@dataclass(frozen=True)
class Way:
    """An RPC by a protocol."""

    rpc: Rpc
    protocol: Protocol
    verb: str = ""
    template: str = ""
    """Of JSON: the path with its fields."""
    body: str = ""
    field: str = ""
    """Of GraphQL."""

    @property
    def name(self) -> str:
        """Of the RPC, shortly where it is ours."""
        return self.rpc.path.strip("/").removeprefix(f"{CONTRACT}.")

    def __str__(self) -> str:
        beside = self.template or self.field
        return f"{self.name} by {self.protocol}{' ' if beside else ''}{beside}"


def all_ways() -> list[Way]:
    return [way for rpc in rpcs_of_the_contract() for way in ways_to(rpc)]


def ways_to(rpc: Rpc) -> Iterator[Way]:
    if rpc.service.startswith(OF_A_PROCESS):
        yield Way(rpc, Protocol.OWN_PORT)
        return
    yield Way(rpc, Protocol.GRPC)
    yield Way(rpc, Protocol.GRPC_WEB)
    yield from _by_paths(rpc)
    yield from _by_graphql(rpc)
    if rpc.path == STREAM.path:
        yield Way(rpc, Protocol.WEBSOCKET)
        yield Way(rpc, Protocol.GRAPHQL_SOCKET, field="metrics")


def _by_paths(rpc: Rpc) -> Iterator[Way]:
    method = descriptor_pool.Default().FindMethodByName(rpc.path.strip("/").replace("/", "."))
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    tells_events = rpc.streams_replies and not rpc.streams_requests
    protocol = Protocol.EVENTS if tells_events else Protocol.REST
    for binding in (rule, *rule.additional_bindings):
        verb = binding.WhichOneof("pattern")
        if verb:
            yield Way(rpc, protocol, verb.upper(), getattr(binding, verb), binding.body)


def _by_graphql(rpc: Rpc) -> Iterator[Way]:
    for name, method in QUERIES.items():
        if method.path == rpc.path:
            yield Way(rpc, Protocol.GRAPHQL, field=camel(name))
            yield Way(rpc, Protocol.GRAPHQL_SOCKET, field=camel(name))


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
