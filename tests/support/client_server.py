"""A server of gRPC that answers as it is told, and remembers how it was asked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from grpc_status.rpc_status import to_status
from shadower.access.v1.access_service_pb2 import CreateApiKeyRequest
from shadower.ingest.v1.ingest_service_pb2 import RecordExecutionsRequest
from shadower.metrics.v1.metrics_service_pb2 import (
    GetMetricsRequest,
    ListMetricsRequest,
    StreamMetricsRequest,
)

from services.runtime.faults import Fault
from services.runtime.status import to_status as status_of

REQUESTS: dict[str, Any] = {
    "CreateApiKey": CreateApiKeyRequest,
    "GetMetrics": GetMetricsRequest,
    "ListMetrics": ListMetricsRequest,
    "RecordExecutions": RecordExecutionsRequest,
    "StreamMetrics": StreamMetricsRequest,
}

Answer = Message | Fault | list[Message | Fault]


@dataclass
class Asked:
    """One call."""

    rpc: str
    request: Any
    metadata: dict[str, str]
    seconds: float
    """How much time it was given."""


@dataclass
class Scripted(grpc.GenericRpcHandler):
    """Gives the next answer of its script; what is left of it, at the end, again and again."""

    script: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    judge: Callable[[Asked], Fault | None] = lambda asked: None
    address: str = ""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        rpc = details.method.rpartition("/")[2]
        kind = (
            grpc.unary_stream_rpc_method_handler
            if rpc == "StreamMetrics"
            else grpc.unary_unary_rpc_method_handler
        )
        handler = self._stream if rpc == "StreamMetrics" else self._one
        return kind(
            lambda request, context: handler(rpc, request, context),
            REQUESTS[rpc].FromString,
            lambda answer: answer.SerializeToString(),
        )

    def _next(self, rpc: str, request: Any, context: grpc.ServicerContext) -> Any:
        metadata = dict(context.invocation_metadata())
        self.asked.append(Asked(rpc, request, metadata, context.time_remaining() or 0.0))
        if fault := self.judge(self.asked[-1]):
            return fault
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def _one(self, rpc: str, request: Any, context: grpc.ServicerContext) -> Message:
        return _message(self._next(rpc, request, context), context)

    def _stream(self, rpc: str, request: Any, context: grpc.ServicerContext) -> Iterator[Message]:
        answers = self._next(rpc, request, context)
        for answer in answers if isinstance(answers, list) else [answers]:
            yield _message(answer, context)


def _message(answer: Any, context: grpc.ServicerContext) -> Message:
    if isinstance(answer, Fault):
        status: Status = status_of(answer)
        context.abort_with_status(to_status(status))
    return answer


@contextmanager
def scripted(certificates: grpc.ServerCredentials | None = None) -> Iterator[Scripted]:
    handler = Scripted()
    server = grpc.server(ThreadPoolExecutor(8), handlers=(handler,))
    if certificates:
        port = server.add_secure_port("localhost:0", certificates)
    else:
        port = server.add_insecure_port("localhost:0")
    handler.address = f"localhost:{port}"
    server.start()
    yield handler
    server.stop(None).wait()
