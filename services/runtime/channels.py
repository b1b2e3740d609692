"""Channels from one service to another: kept alive, with a deadline, identity and trace.

Balancing, retries and circuit breaking are the mesh listener's work and are not done here, but for
addresses of DNS (dns:///), which stand for another mesh, or none: those are balanced over all that
is behind the name and says that it serves.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc

from services.runtime.call import seconds_left
from services.runtime.certificate import SERVER_NAME, UNIX, Certificate, certificate_of
from services.runtime.mesh_settings import MeshSettings
from services.runtime.renewed_channel import RenewedChannel

KEEPALIVE = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)
DNS = "dns:"
# Of what is left to a call, so that it can still tell what came of those that it made.
SHARE = 0.9


class CallerContext(grpc.aio.UnaryUnaryClientInterceptor):
    """Adds to each call what grpcio does not propagate: the deadline, who asks, and the trace."""

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
            self._timeout(details.timeout or self._seconds),
            metadata,
            details.credentials,
            details.wait_for_ready,
        )

    def _timeout(self, asked: float) -> float:
        """Within the call that is answered, if there is one, no longer than that may still take."""
        left = seconds_left()
        longest = self._seconds if left is None else min(self._seconds, left * SHARE)
        return min(asked, longest)


def open_channel(
    target: str,
    metadata: Callable[[], dict[str, str]],
    *,
    seconds: float = 10,
    certificate: Certificate | None = None,
    service: str = "",
) -> grpc.aio.Channel:
    """A channel whose unary calls last at most `seconds` and carry `metadata()`. The certificate is
    shown on ports. Raises OSError if it is of no use."""
    options = (*KEEPALIVE, *_balancing(target, service))
    interceptors = [CallerContext(metadata, seconds)]
    return _opened(target, certificate, options, interceptors)


def open_stream_channel(
    target: str, *, certificate: Certificate | None = None, service: str = ""
) -> grpc.aio.Channel:
    """A channel with a connection of its own, since peers bound the streams of one. A stream goes
    on for as long as its caller wants; each says for whom it is, so nothing is added to it.
    Raises OSError if the certificate is of no use."""
    options = (*KEEPALIVE, ("grpc.use_local_subchannel_pool", 1), *_balancing(target, service))
    return _opened(target, certificate, options, [])


def mesh_channel(
    settings: MeshSettings,
    service: str,
    metadata: Callable[[], dict[str, str]],
    *,
    seconds: float = 10,
) -> grpc.aio.Channel:
    """To where the settings say that the service is. Raises KeyError if they do not, OSError if the
    certificate is of no use."""
    target, certificate = settings.target(service), certificate_of(settings)
    return open_channel(target, metadata, seconds=seconds, certificate=certificate, service=service)


def mesh_stream_channel(settings: MeshSettings, service: str) -> grpc.aio.Channel:
    """The same with a connection of its own, for streams."""
    target, certificate = settings.target(service), certificate_of(settings)
    return open_stream_channel(target, certificate=certificate, service=service)


def _opened(
    target: str,
    certificate: Certificate | None,
    options: tuple[tuple[str, Any], ...],
    interceptors: list[Any],
) -> grpc.aio.Channel:
    if certificate is None or target.startswith(UNIX):
        return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)
    named = (*options, (SERVER_NAME, certificate.server_name))
    opening = partial(grpc.aio.secure_channel, target, options=named, interceptors=interceptors)
    return RenewedChannel(certificate, opening)


def _balancing(target: str, service: str) -> tuple[tuple[str, str], ...]:
    """Each call to another one of those that serve, behind a name."""
    if not target.startswith(DNS):
        return ()
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if service:
        config["healthCheckConfig"] = {"serviceName": service}
    return (("grpc.service_config", json.dumps(config)),)
