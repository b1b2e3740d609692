"""Certificates and tokens of a cluster that lives for a trial."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey


def new_key() -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@dataclass(frozen=True)
class Identities:
    """Files by which the parts of a cluster know each other."""

    folder: Path
    address: str

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def write(self, names: list[str]) -> None:
        """For a server that has these names and addresses."""
        self.folder.mkdir(parents=True)
        own, server = new_key(), new_key()
        is_authority = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate("ca.crt", _builder("trial", own, is_authority), own)
        known = x509.SubjectAlternativeName([_name(one) for one in names])
        self._certificate("server.crt", _builder("kube-apiserver", server, known), own)
        (self.folder / "server.key").write_bytes(pem_of(server))
        (self.folder / "accounts.key").write_bytes(pem_of(new_key()))
        token = secrets.token_urlsafe(32)
        (self.folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        (self.folder / "kubeconfig").write_text(self._kubeconfig(token))

    def _certificate(self, name: str, builder: x509.CertificateBuilder, signer: Key) -> None:
        signed = builder.sign(signer, hashes.SHA256())
        (self.folder / name).write_bytes(signed.public_bytes(Encoding.PEM))

    def _kubeconfig(self, token: str) -> str:
        cluster = {"server": self.address, "certificate-authority": str(self.authority)}
        context = {"cluster": "trial", "user": "admin"}
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "trial",
                "clusters": [{"name": "trial", "cluster": cluster}],
                "contexts": [{"name": "trial", "context": context}],
                "users": [{"name": "admin", "user": {"token": token}}],
            }
        )


def _builder(name: str, key: Key, extension: x509.ExtensionType) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named("trial"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
