"""What receives OTLP as a collector does: reads it all, and counts it. A process of its own."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import grpc
import uvloop
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as traces_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.calling import run_beside
from bench.stack import free_port

COUNTED = "/bench.Receiver/Counted"
# The last are on their way for so long.
SETTLE_SECONDS = 3.0


@dataclass
class Received:
    """By now."""

    spans: int = 0
    calls: int = 0
    """Spans of calls, as they were served."""
    metrics: int = 0


class _Traces(traces_grpc.TraceServiceServicer):
    def __init__(self, received: Received) -> None:
        self._received = received

    async def Export(self, request: Any, _: Any) -> traces.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                self._received.spans += len(scope.spans)
                self._received.calls += sum(
                    span.kind == Span.SPAN_KIND_SERVER for span in scope.spans
                )
        return traces.ExportTraceServiceResponse()


class _Metrics(metrics_grpc.MetricsServiceServicer):
    def __init__(self, received: Received) -> None:
        self._received = received

    async def Export(self, request: Any, _: Any) -> metrics.ExportMetricsServiceResponse:
        self._received.metrics += len(request.resource_metrics)
        return metrics.ExportMetricsServiceResponse()


async def serve(address: str) -> None:
    received, server = Received(), grpc.aio.server()
    # Its stubs have no types.
    add_traces: Any = traces_grpc.add_TraceServiceServicer_to_server
    add_metrics: Any = metrics_grpc.add_MetricsServiceServicer_to_server
    add_traces(_Traces(received), server)
    add_metrics(_Metrics(received), server)

    async def counted(_: bytes, __: object) -> bytes:
        return json.dumps(vars(received)).encode()

    _, service, method = COUNTED.split("/")
    handler: Any = grpc.unary_unary_rpc_method_handler(counted)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


@dataclass(frozen=True)
class Receiver:
    """The process, as those see it who send."""

    address: str
    counted: Any

    async def received(self) -> Received:
        """As soon as nothing more comes."""
        await asyncio.sleep(SETTLE_SECONDS)
        return Received(**json.loads(await self.counted(b"", wait_for_ready=True, timeout=10)))


async def open_receiver(opened: AsyncExitStack) -> Receiver:
    place = f"127.0.0.1:{free_port()}"
    run_beside(opened, [sys.executable, "-m", "bench.telemetry.receiver", place])
    channel = await opened.enter_async_context(grpc.aio.insecure_channel(place))
    receiver = Receiver(f"http://{place}", channel.unary_unary(COUNTED))
    await receiver.counted(b"", wait_for_ready=True, timeout=30)
    return receiver


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
