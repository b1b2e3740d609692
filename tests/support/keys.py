"""Keys and tokens of a test's own identity provider."""

import json
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUER = "https://shadower.dev"
AUDIENCE = "shadower"
MESH_ISSUER = "https://mesh.shadower.dev"


@dataclass
class KeyRing:
    """Signs tokens; its public half is what the services and the edge are given."""

    kid: str = "test-key"
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @classmethod
    def of_file(cls, path: Path) -> "KeyRing":
        """One whose key is there already, private part included."""
        entry = json.loads(path.read_text())
        return cls(entry["kid"], jwt.PyJWK(entry, algorithm="EdDSA").key)

    def write_jwks(self, path: Path) -> Path:
        path.write_text(json.dumps({"keys": [self.public()]}))
        return path

    def write_mesh(self, directory: Path) -> None:
        """As the keys of the mesh's own issuer."""
        (directory / "mesh-jwks.json").write_text(json.dumps({"keys": [self.public()]}))
        entry = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(self.private))
        (directory / "mesh-key.json").write_text(json.dumps(entry | {"kid": self.kid}))

    def public(self) -> dict[str, str]:
        """As an entry of a key set."""
        entry = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(self.private.public_key()))
        return entry | {"kid": self.kid, "alg": "EdDSA", "use": "sig"}

    def token(self, *workspaces: str, role: str = "owner", **claims: Any) -> str:
        """A good token, but for the claims given; a claim of None is left out."""
        now = int(time.time())
        payload: dict[str, Any] = {
            "sub": "tester",
            "email": "tester@example.com",
            "workspace_ids": list(workspaces),
            "role": role,
            "permissions": [],
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 1800,
            "jti": str(uuid.uuid4()),
        }
        payload = {k: v for k, v in (payload | claims).items() if v is not None}
        return jwt.encode(payload, self.private, algorithm="EdDSA", headers={"kid": self.kid})

    def metadata(self, *workspaces: str, role: str = "owner", **claims: Any) -> tuple[Any, ...]:
        """A good token as gRPC metadata."""
        return (("authorization", f"Bearer {self.token(*workspaces, role=role, **claims)}"),)
