"""Certificates and tokens of a cluster that lives for a trial."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cli.certificates import Authority

LIFE = timedelta(days=2)


def key_of_accounts() -> bytes:
    """By which tokens of pods are signed: what reads it knows RSA in whatever form."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
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
        authority = Authority(LIFE)
        server = authority.vouch_for(names)
        self.authority.write_bytes(authority.certificate())
        (self.folder / "server.crt").write_bytes(server.certificate)
        (self.folder / "server.key").write_bytes(server.key)
        (self.folder / "accounts.key").write_bytes(key_of_accounts())
        token = secrets.token_urlsafe(32)
        (self.folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        (self.folder / "kubeconfig").write_text(self._kubeconfig(token))

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
