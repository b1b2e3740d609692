"""What a process shows of itself within the mesh, and by whom it lets others be vouched for."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
from cryptography import x509

from services.runtime.process_settings import ProcessSettings

UNIX = "unix:"
SERVER_NAME = "grpc.ssl_target_name_override"


@dataclass(frozen=True)
class Certificate:
    """PEM files, which may be replaced while they are used."""

    chain: Path
    key: Path
    authority: Path
    server_name: str = ""
    """What the others' certificates must be for."""

    def stamp(self) -> tuple[int, ...]:
        """Another one whenever a file was replaced. Raises OSError."""
        return tuple(file.stat().st_mtime_ns for file in (self.chain, self.key, self.authority))

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Raises OSError."""
        pair = self._pair()
        return grpc.ssl_server_certificate_configuration([pair], self.authority.read_bytes())

    def of_caller(self) -> grpc.ChannelCredentials:
        """Raises OSError."""
        return grpc.ssl_channel_credentials(self.authority.read_bytes(), *self._pair())

    def expires_at(self) -> datetime:
        """When the first of its own chain expires, or the authority that all stand on. Raises
        OSError, also while the files do not belong together."""
        _, chain = self._pair()
        own, authorities = _read(self.chain, chain), _read(self.authority)
        # While an authority is replaced, the file has the old one and the new one.
        latest = max(one.not_valid_after_utc for one in authorities)
        return min(latest, *(one.not_valid_after_utc for one in own))

    def _pair(self) -> tuple[bytes, bytes]:
        """Key and chain. Raises OSError, also if one of them is of another, as it may be while they
        are replaced one after the other."""
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.chain, self.key)
        return self.key.read_bytes(), self.chain.read_bytes()


class Validity:
    """Until when that holds which is shown: what was whole last, as files are replaced one after
    the other."""

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self._until: datetime | None = None

    def until(self) -> datetime:
        """Raises OSError if nothing was ever whole."""
        try:
            self._until = self._certificate.expires_at()
        except OSError:
            if self._until is None:
                raise
        return self._until

    def trouble(self) -> str:
        """Why nobody would talk to who shows it; "" if that is no reason."""
        try:
            until = self.until()
        except OSError as unreadable:
            return f"the mesh certificate cannot be read: {unreadable}"
        return f"the mesh certificate expired at {until:%Y-%m-%dT%H:%M:%SZ}" * (until <= _now())


def certificate_of(settings: ProcessSettings) -> Certificate | None:
    chain, key = settings.tls_certificate_file, settings.tls_key_file
    authority = settings.tls_authority_file
    if chain is None or key is None or authority is None:
        return None
    return Certificate(chain, key, authority, settings.tls_server_name)


def validity_of(settings: ProcessSettings) -> Validity | None:
    certificate = certificate_of(settings)
    return Validity(certificate) if certificate else None


def _read(file: Path, content: bytes | None = None) -> list[x509.Certificate]:
    """Raises OSError."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes() if content is None else content)
    except ValueError as malformed:
        raise OSError(f"{file} holds no certificates: {malformed}") from malformed


def _now() -> datetime:
    return datetime.now(UTC)
