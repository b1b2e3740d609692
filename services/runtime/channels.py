"""Channels from one service to another: kept alive, with a deadline, identity and trace.

Balancing, retries and circuit breaking are the mesh listener's work and are not done here.
"""

from collections.abc import Callable
from typing import Any

import grpc

from services.runtime.telemetry.calls import tracing_interceptors

KEEPALIVE = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)


class CallerContext(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds to each call what grpcio does not propagate: the deadline, and who asks."""

    def __init__(self, metadata: Callable[[], dict[str, str]], seconds: float) -> None:
        self._metadata = metadata
        self._seconds = seconds

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        return await continuation(self._completed(client_call_details), request)

    def _completed(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        for key, value in self._metadata().items():
            metadata.set_all(key, [value])
        return grpc.aio.ClientCallDetails(
            details.method,
            min(details.timeout or self._seconds, self._seconds),
            metadata,
            details.credentials,
            details.wait_for_ready,
        )


def open_channel(
    target: str, metadata: Callable[[], dict[str, str]], *, seconds: float = 10
) -> grpc.aio.Channel:
    """A channel whose unary calls last at most `seconds` and carry `metadata()`."""
    return grpc.aio.insecure_channel(
        target,
        options=KEEPALIVE,
        interceptors=[CallerContext(metadata, seconds), *tracing_interceptors()],
    )


def open_stream_channel(target: str) -> grpc.aio.Channel:
    """A channel with a connection of its own, since peers bound the streams of one. A stream goes
    on for as long as its caller wants; each says for whom it is, so nothing is added to it but the
    trace in which it is."""
    options = (*KEEPALIVE, ("grpc.use_local_subchannel_pool", 1))
    return grpc.aio.insecure_channel(target, options=options, interceptors=tracing_interceptors())
