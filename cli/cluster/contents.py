"""What is in the Secrets of a trial: each time something else."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_bytes, token_urlsafe

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cli.tokens.keys import SigningKey, new_key

LIFE = timedelta(days=2 * 365)
PASSWORD_BYTES = 24


def keys(database_host: str, cache_host: str) -> Mapping[str, str]:
    """Of tokens and of sealing; and addresses, with the passwords that they need."""
    callers, mesh = new_key(), new_key()
    database, cache = token_urlsafe(PASSWORD_BYTES), token_urlsafe(PASSWORD_BYTES)
    return {
        "signing-key.json": json.dumps(callers.jwk),
        "jwks.json": _published(callers),
        "mesh-key.json": json.dumps(mesh.jwk),
        "mesh-jwks.json": _published(mesh),
        "notification-key": base64.b64encode(token_bytes(32)).decode(),
        "database-password": database,
        "database-url": f"postgresql://shadower:{database}@{database_host}/shadower",
        "cache-password": cache,
        "redis-url": f"redis://:{cache}@{cache_host}:6379/0",
    }


def _published(key: SigningKey) -> str:
    return json.dumps({"keys": [key.public]})


def certificates(names: Iterable[str]) -> Mapping[str, str]:
    """One for all who take part in the mesh, of an authority whose key nobody has afterwards."""
    authority, own = _new_key(), _new_key()
    everybody = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    is_authority = x509.BasicConstraints(ca=True, path_length=0)
    return {
        "ca.crt": _signed(_certificate(authority, is_authority, critical=True), authority),
        "tls.crt": _signed(_certificate(own, everybody, critical=False), authority),
        "tls.key": own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType, *, critical: bool
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    is_authority = isinstance(extension, x509.BasicConstraints)
    return (
        x509.CertificateBuilder()
        .subject_name(_named("authority" if is_authority else "mesh"))
        .issuer_name(_named("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(extension, critical=critical)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> str:
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
