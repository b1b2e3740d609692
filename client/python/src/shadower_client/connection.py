"""Where the server is, and how the way there is secured and kept open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import grpc

from shadower_client.version import VERSION

Options: TypeAlias = Sequence[tuple[str, Any]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MESSAGE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Tls:
    """Certificates in PEM form. Without any, the system's authorities are trusted."""

    authorities: bytes | None = None
    certificate: bytes | None = None
    """Of the client, where the server wants one."""
    key: bytes | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(self.authorities, self.key, self.certificate)


@dataclass(frozen=True)
class Connection:
    """A place, and TLS if it is used."""

    target: str
    tls: Tls | None
    options: tuple[tuple[str, Any], ...]

    @classmethod
    def to(cls, address: str, tls: bool | Tls | None, options: Options) -> "Connection":
        """By a URL, host:port, or unix:path. Unless told, TLS is left out on this machine only."""
        scheme, target, is_local = _place(address)
        wanted = tls if tls is not None else scheme == "https" or (not scheme and not is_local)
        kept = wanted if isinstance(wanted, Tls) else Tls() if wanted else None
        return cls(target, kept, (*_options(is_local), *options))

    def open(self) -> grpc.Channel:
        if self.tls:
            return grpc.secure_channel(self.target, self.tls.credentials(), self.options)
        return grpc.insecure_channel(self.target, self.options)

    def open_async(self) -> grpc.aio.Channel:
        if self.tls:
            return grpc.aio.secure_channel(self.target, self.tls.credentials(), self.options)
        return grpc.aio.insecure_channel(self.target, self.options)


def _place(address: str) -> tuple[str, str, bool]:
    """Scheme of a URL, target of a channel, and whether that is on this machine."""
    if address.startswith("unix:"):
        return "", address, True
    url = urlsplit(address if "://" in address else f"//{address}")
    if url.scheme not in ("", "http", "https"):
        return "", address, False  # A target with a resolver of grpc's, such as dns:///.
    port = url.port or (80 if url.scheme == "http" else 443)
    host = url.hostname or ""
    bracketed = f"[{host}]" if ":" in host else host
    return url.scheme, f"{bracketed}:{port}", host in LOOPBACK


def _options(is_local: bool) -> Options:
    return (
        ("grpc.primary_user_agent", f"shadower-client/{VERSION}"),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.max_receive_message_length", MESSAGE_BYTES),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        # A proxy of the surroundings does not lead to this machine.
        *((("grpc.enable_http_proxy", 0),) if is_local else ()),
    )
