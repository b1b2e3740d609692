"""Where a process serves gRPC: on a socket of the machine, or a port that wants a certificate.

Only the edge and other services get through, so nobody passes the edge by.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import structlog

from services.runtime.certificate import Certificate, certificate_of
from services.runtime.settings import Settings

OPEN = (
    "in production a port needs certificates (SHADOWER_TLS_CERTIFICATE_FILE), or "
    "SHADOWER_PLAINTEXT=true if something else guards it, or be a socket (unix:/path)"
)


class Renewal:
    """Is asked at each connection for certificates, and looks at files only if they changed."""

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self._stamp = certificate.stamp()

    def __call__(self) -> grpc.ServerCertificateConfiguration | None:
        """None keeps those of before; so do files that are being replaced."""
        try:
            return self._renewed()
        except OSError:
            return None

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        stamp = self._certificate.stamp()
        if stamp == self._stamp:
            return None
        renewed = self._certificate.configuration()
        self._stamp = stamp
        return renewed


def bind(server: grpc.aio.Server, settings: Settings) -> None:
    """Raises OSError if the address cannot be listened on, or a certificate not be read."""
    if settings.environment == "production" and not settings.is_guarded:
        raise OSError(OPEN)
    certificate = certificate_of(settings)
    if certificate is None:
        bind_in_plain(server, settings.listen)
        return
    expires_at = certificate.expires_at()
    structlog.get_logger("server").info("certificate", expires_at=expires_at.isoformat())
    with _refusals(settings.listen):
        server.add_secure_port(settings.listen, _credentials(certificate))


def bind_in_plain(server: grpc.aio.Server, address: str) -> None:
    """Raises OSError if the address cannot be listened on."""
    with _refusals(address):
        server.add_insecure_port(address)


@contextmanager
def _refusals(address: str) -> Iterator[None]:
    try:
        yield
    except RuntimeError as refused:
        raise OSError(f"{address} cannot be listened on") from refused


def _credentials(certificate: Certificate) -> grpc.ServerCredentials:
    # Its stubs do not know that None keeps what was.
    renewal: Any = Renewal(certificate)
    return grpc.dynamic_ssl_server_credentials(
        certificate.configuration(), renewal, require_client_authentication=True
    )
