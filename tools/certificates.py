"""An authority of certificates, for those who must show one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

SERVER_NAME = "mesh.internal"
LIFE = timedelta(days=1)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Authority:
    """Vouches for whoever it gives a certificate."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def write(self, folder: Path) -> Path:
        """Its own certificate."""
        own = self._builder("authority", self.key)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return _written(folder / "authority.pem", self._signed(own))

    def issue(
        self, folder: Path, name: str = SERVER_NAME, life: timedelta = LIFE
    ) -> tuple[Path, Path]:
        """The files of a certificate and its key; those of before are replaced. The key comes
        last, so that for a moment they do not belong together."""
        key = new_key()
        names = x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName("localhost")])
        builder = self._builder(name, key, life).add_extension(names, critical=False)
        certificate = self._signed(builder)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return (
            _written(folder / "certificate.pem", certificate),
            _written(folder / "key.pem", pem),
        )

    def _builder(
        self, name: str, key: ec.EllipticCurvePrivateKey, life: timedelta = LIFE
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + life)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _written(path: Path, content: bytes) -> Path:
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    return draft.replace(path)
