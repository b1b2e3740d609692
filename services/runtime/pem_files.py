"""A certificate, its key, and the authority of the mesh, as files that may be replaced."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from services.runtime.process_settings import ProcessSettings


@dataclass(frozen=True)
class PemFiles:
    """They may be replaced while they are used."""

    chain: Path
    key: Path
    authority: Path

    def stamp(self) -> tuple[int, ...]:
        """Another one whenever a file was replaced. Raises OSError."""
        return tuple(file.stat().st_mtime_ns for file in (self.chain, self.key, self.authority))

    def expires_at(self) -> datetime:
        """When the first of its own chain expires, or the authority that all stand on. Raises
        OSError, also while the files do not belong together."""
        _, chain = self.pair()
        own, authorities = _read(self.chain, chain), _read(self.authority)
        # While an authority is replaced, the file has the old one and the new one.
        latest = max(one.not_valid_after_utc for one in authorities)
        return min(latest, *(one.not_valid_after_utc for one in own))

    def pair(self) -> tuple[bytes, bytes]:
        """Key and chain. Raises OSError, also if one of them is of another, as it may be while they
        are replaced one after the other."""
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.chain, self.key)
        return self.key.read_bytes(), self.chain.read_bytes()


class Validity:
    """Until when that holds which is shown: what was whole last, as files are replaced one after
    the other."""

    def __init__(self, files: PemFiles) -> None:
        self._files = files
        self._until: datetime | None = None

    def until(self) -> datetime:
        """Raises OSError if nothing was ever whole."""
        try:
            self._until = self._files.expires_at()
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


def pem_files_of(settings: ProcessSettings) -> PemFiles | None:
    chain, key = settings.tls_certificate_file, settings.tls_key_file
    authority = settings.tls_authority_file
    if chain is None or key is None or authority is None:
        return None
    return PemFiles(chain, key, authority)


def validity_of(settings: ProcessSettings) -> Validity | None:
    files = pem_files_of(settings)
    return Validity(files) if files else None


def _read(file: Path, content: bytes | None = None) -> list[x509.Certificate]:
    """Raises OSError."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes() if content is None else content)
    except ValueError as malformed:
        raise OSError(f"{file} holds no certificates: {malformed}") from malformed


def _now() -> datetime:
    return datetime.now(UTC)
