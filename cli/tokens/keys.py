"""The key of a developer's machine that signs its tokens."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.failures import CommandError
from cli.home import Home, read_json, write_json, write_whole

Jwk = Mapping[str, str]


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key as a JSON Web Key, private part included."""

    jwk: Jwk

    @property
    def kid(self) -> str:
        return self.jwk["kid"]

    @property
    def public(self) -> dict[str, str]:
        return {name: value for name, value in self.jwk.items() if name != "d"}

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_decoded(self.jwk["d"]))


def signing_key_file(home: Home) -> Path:
    return home.keys / "signing-key.json"


def jwks_file(home: Home) -> Path:
    return home.keys / "jwks.json"


def mesh_key_file(home: Home) -> Path:
    return home.keys / "mesh-key.json"


def mesh_jwks_file(home: Home) -> Path:
    return home.keys / "mesh-jwks.json"


def ensured_key(home: Home) -> SigningKey:
    """The home's key, made when it is first needed; whoever comes second takes the first one's."""
    key = _ensured(signing_key_file(home))
    _publish(jwks_file(home), key)
    return key


def ensured_mesh_key(home: Home) -> SigningKey:
    """The same of the key by which the mesh itself issues tokens."""
    key = _ensured(mesh_key_file(home))
    _publish(mesh_jwks_file(home), key)
    return key


def _ensured(path: Path) -> SigningKey:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _place(path, new_key())
    return _existing(path)


def existing_key(home: Home) -> SigningKey:
    return _existing(signing_key_file(home))


def _existing(path: Path) -> SigningKey:
    jwk = read_json(path)
    if jwk is None:
        raise CommandError(
            f"no signing key in {path.parent}: "
            "give --token-file or SHADOWER_TOKEN, or --home of a running stack"
        )
    return SigningKey(jwk)


def new_key() -> SigningKey:
    private = Ed25519PrivateKey.generate()
    jwk = {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": _encoded(private.public_key().public_bytes_raw()),
    }
    named = {**jwk, "kid": thumbprint(jwk), "alg": "EdDSA", "use": "sig"}
    return SigningKey({**named, "d": _encoded(private.private_bytes_raw())})


def thumbprint(jwk: Jwk) -> str:
    """RFC 7638: the hash of the members that every key of this kind must have."""
    required = {name: jwk[name] for name in ("crv", "kty", "x")}
    canonical = json.dumps(required, sort_keys=True, separators=(",", ":"))
    return _encoded(hashlib.sha256(canonical.encode()).digest())


def _place(path: Path, key: SigningKey) -> None:
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    write_whole(draft, json.dumps(dict(key.jwk), indent=2) + "\n", mode=0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # Another process was first; its key is the home's.
    finally:
        draft.unlink()


def _publish(path: Path, key: SigningKey) -> None:
    published = (read_json(path) or {"keys": []})["keys"]
    if all(other["kid"] != key.kid for other in published):
        write_json(path, {"keys": [*published, key.public]}, mode=0o644)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
