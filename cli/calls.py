"""Calls to the edge from the command line: the channel and the token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc

from cli.failures import UsageError

TokenSource = Callable[[], str]
Metadata = Sequence[tuple[str, str]]

OPTIONS = (
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
)
# Sending again changes nothing that is stored, so whatever may pass is worth another try.
PASSING = frozenset(
    (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.ABORTED,
    )
)


@dataclass(frozen=True)
class Edge:
    """Where to call, and as whom. Each call takes a token that is good then."""

    address: str
    token: TokenSource
    server_name: str = ""
    """The name that its certificate is for, if it is called by another one."""
    authority: bytes | None = None
    """Certificates, in PEM, of who vouches for it, if not everybody knows them."""

    def channel(self) -> grpc.aio.Channel:
        scheme, target = split_address(self.address)
        if scheme == "https":
            credentials = grpc.ssl_channel_credentials(self.authority)
            return grpc.aio.secure_channel(target, credentials, self._options())
        return grpc.aio.insecure_channel(target, OPTIONS)

    def _options(self) -> Sequence[tuple[str, int | str]]:
        if not self.server_name:
            return OPTIONS
        return (*OPTIONS, ("grpc.ssl_target_name_override", self.server_name))

    def metadata(self) -> Metadata:
        return (("authorization", f"Bearer {self.token()}"),)


def split_address(address: str) -> tuple[str, str]:
    """Scheme and host:port. Raises UsageError."""
    scheme, separator, target = address.rstrip("/").partition("://")
    if not separator:
        scheme, target = "http", scheme
    if scheme not in ("http", "https") or "/" in target or not target:
        raise UsageError(f"{address!r} is no address such as http://127.0.0.1:8080")
    default_port = "443" if scheme == "https" else "80"
    return scheme, target if ":" in target else f"{target}:{default_port}"


def is_passing(error: grpc.aio.AioRpcError, *, answered: bool) -> bool:
    """Whether another stream may do better. One that was answered may just need a new token."""
    return error.code() in PASSING or (answered and error.code() == grpc.StatusCode.UNAUTHENTICATED)
