"""Where a process serves gRPC: on a socket of the machine, or a port that wants a certificate.

Only the edge and other services get through, so nobody passes the edge by.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from services.runtime.settings import Settings

OPEN = (
    "in production a port needs certificates (SHADOWER_TLS_CERTIFICATE_FILE), or "
    "SHADOWER_PLAINTEXT=true if something else guards it, or be a socket (unix:/path)"
)


@dataclass(frozen=True)
class Certificate:
    """PEM files that show who a process is, and by whom the others must be vouched for."""

    chain: Path
    key: Path
    authority: Path

    def stamp(self) -> tuple[int, ...]:
        """Another one whenever a file was replaced. Raises OSError."""
        return tuple(file.stat().st_mtime_ns for file in (self.chain, self.key, self.authority))

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Raises OSError."""
        pair = (self.key.read_bytes(), self.chain.read_bytes())
        return grpc.ssl_server_certificate_configuration([pair], self.authority.read_bytes())


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


def certificate_of(settings: Settings) -> Certificate | None:
    chain, key = settings.tls_certificate_file, settings.tls_key_file
    authority = settings.tls_authority_file
    if chain is None or key is None or authority is None:
        return None
    return Certificate(chain, key, authority)


def bind(server: grpc.aio.Server, settings: Settings) -> None:
    """Raises OSError if the address cannot be listened on, or a certificate not be read."""
    if settings.environment == "production" and not settings.is_guarded:
        raise OSError(OPEN)
    certificate = certificate_of(settings)
    try:
        if certificate is None:
            server.add_insecure_port(settings.listen)
        else:
            server.add_secure_port(settings.listen, _credentials(certificate))
    except RuntimeError as refused:
        raise OSError(f"{settings.listen} cannot be listened on") from refused


def _credentials(certificate: Certificate) -> grpc.ServerCredentials:
    # Its stubs do not know that None keeps what was.
    renewal: Any = Renewal(certificate)
    return grpc.dynamic_ssl_server_credentials(
        certificate.configuration(), renewal, require_client_authentication=True
    )
