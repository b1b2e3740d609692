"""An authority of certificates, and what it issues, in PEM: for trials, and for tests."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
# Clocks may differ.
BEFORE = timedelta(hours=1)
FOR_BOTH_ENDS = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: bytes
    key: bytes


@dataclass
class Authority:
    """Vouches for whoever it gives a certificate."""

    life: timedelta
    """Of its own certificate, and of those that it issues."""
    key: Key = field(default_factory=new_key)
    # Whoever trusts several of them tells them apart by their names.
    name: str = field(default_factory=lambda: f"authority {uuid4().hex}")

    def certificate(self) -> bytes:
        """Its own."""
        builder = self._builder(self.name, self.key, self.life)
        builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
        return self._signed(builder.add_extension(_may(key_cert_sign=True), critical=True))

    def vouch_for(self, names: Iterable[str], life: timedelta | None = None) -> Issued:
        """Somebody who has these names and addresses, whether he calls or is called."""
        key, known = new_key(), list(names)
        builder = self._builder(known[0], key, life or self.life)
        also = x509.SubjectAlternativeName([_name(one) for one in known])
        builder = builder.add_extension(also, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(FOR_BOTH_ENDS), critical=False)
        builder = builder.add_extension(_may(digital_signature=True), critical=True)
        return Issued(self._signed(builder), pem_of(key))

    def _builder(self, name: str, key: Key, life: timedelta) -> x509.CertificateBuilder:
        now, public = datetime.now(UTC), self.key.public_key()
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(public)
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BEFORE)
            .not_valid_after(now + life)
            .add_extension(own, critical=False)
            .add_extension(by, critical=False)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def pem_of(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _may(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    # A common name has 64 characters at most.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
