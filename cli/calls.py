"""Calls to the edge from the command line: the channel and the token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc

from cli.failures import UsageError

TokenSource = Callable[[], str]
Metadata = Sequence[tuple[str, str]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# A stack that listens everywhere listens there, too.
HERE = LOOPBACK | {"0.0.0.0", "::"}  # noqa: S104 - nothing listens
OPTIONS = (
    # Who watches for hours would not hear of a way that broke.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
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
    """Scheme and host:port. Untold, TLS is left out on this machine only. Raises UsageError."""
    scheme, separator, target = address.rstrip("/").partition("://")
    if not separator:
        scheme, target = "http" if _host(scheme) in LOOPBACK else "https", scheme
    if scheme not in ("http", "https") or "/" in target or not target:
        raise UsageError(f"{address!r} is no address such as http://127.0.0.1:8080")
    default_port = "443" if scheme == "https" else "80"
    has_port = ":" in target.rpartition("]")[2]
    return scheme, target if has_port else f"{target}:{default_port}"


def is_same_place(address: str, other: str) -> bool:
    """Whether both lead to one listener, by whichever name of this machine. Raises UsageError."""
    return _place(address) == _place(other)


def _place(address: str) -> tuple[str, str, str]:
    scheme, target = split_address(address)
    host = _host(target)
    return scheme, "localhost" if host in HERE else host, target.rpartition(":")[2]


def _host(target: str) -> str:
    if target.startswith("["):
        return target[1:].partition("]")[0].lower()
    return target.partition(":")[0].lower()


def is_passing(error: grpc.aio.AioRpcError, *, answered: bool) -> bool:
    """Whether another stream may do better. One that was answered may just need a new token."""
    return error.code() in PASSING or (answered and error.code() == grpc.StatusCode.UNAUTHENTICATED)
