"""The services behind the gateway, reached by gRPC alone."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import Message
from shadower.metrics.v1.metrics_service_pb2 import DESCRIPTOR as METRICS
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from gateway.web.caller import Caller
from gateway.web.methods import Method
from services.runtime.channels import mesh_channel, mesh_stream_channel
from services.runtime.mesh_settings import MeshSettings

METRICS_SERVICE = METRICS.services_by_name["MetricsService"].full_name


class StreamConnections:
    """Spreads streams over connections, of which each bears so many."""

    def __init__(
        self, opened: Callable[[], grpc.aio.Channel], most: int, stack: AsyncExitStack
    ) -> None:
        self._opened = opened
        self._most = most
        self._stack = stack
        self._stubs: list[tuple[Any, set[object]]] = []

    async def stream(self, request: StreamMetricsRequest, caller: Caller) -> Any:
        """A call of StreamMetrics, which holds its place until it is done."""
        stub, places = await self._with_room()
        call = stub.StreamMetrics(request, metadata=caller.metadata)
        places.add(call)
        call.add_done_callback(places.discard)
        return call

    async def _with_room(self) -> tuple[Any, set[object]]:
        for stub, places in self._stubs:
            if len(places) < self._most:
                return stub, places
        channel = await self._stack.enter_async_context(self._opened())
        self._stubs.append((MetricsServiceStub(channel), set()))
        return self._stubs[-1]


class Services:
    """Calls any RPC of the contract with its caller's own token: it is the services who judge."""

    def __init__(self, channels: dict[str, grpc.aio.Channel], streams: StreamConnections) -> None:
        self._channels = channels
        self._streams = streams

    async def ask(
        self, method: Method, request: Message, caller: Caller, seconds: float
    ) -> Message:
        """Raises AioRpcError."""
        rpc: Any = self._channels[method.service].unary_unary(
            method.path, _serialized, method.response.FromString
        )
        answer: Message = await rpc(request, timeout=seconds, metadata=caller.metadata)
        return answer

    async def stream(self, request: StreamMetricsRequest, caller: Caller) -> Any:
        return await self._streams.stream(request, caller)


def _serialized(message: Message) -> bytes:
    return message.SerializeToString()


@asynccontextmanager
async def open_services(
    settings: MeshSettings,
    methods: Iterable[Method],
    *,
    seconds: float,
    streams_per_connection: int,
) -> AsyncIterator[Services]:
    """Raises KeyError for a service that nobody said where it is, OSError if the certificate is of
    no use."""
    async with AsyncExitStack() as stack:
        channels = {
            one: await stack.enter_async_context(mesh_channel(settings, one, dict, seconds=seconds))
            for one in {method.service for method in methods}
        }
        opened = partial(mesh_stream_channel, settings, METRICS_SERVICE)
        streams = StreamConnections(opened, streams_per_connection, stack)
        yield Services(channels, streams)
