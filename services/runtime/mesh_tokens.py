"""Tokens that the mesh itself issues: for its own services, and for programs that bring a key."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt

from services.runtime.key_sets import WeakKeyError
from services.runtime.settings import Settings

LIFE = timedelta(minutes=5)
API_KEY = "api-key:"


def key_subject(api_key_id: str) -> str:
    """The subject of tokens that are given for an API key."""
    return API_KEY + api_key_id


def secret_subject(subject: str, secret_hash: bytes) -> str:
    """What stands for those of a key's tokens that are given for one of its secrets."""
    return f"{subject}/{mark_of(secret_hash)}"


def mark_of(secret_hash: bytes) -> str:
    """What the ids of such tokens begin with. It tells secrets apart, and nothing of them."""
    return secret_hash[:8].hex()


def revocable_ids(subject: str, token_id: str) -> tuple[str, ...]:
    """By which a token of the mesh may be revoked: alone, or with all of its key or secret."""
    if not subject.startswith(API_KEY):
        return (token_id,)
    return token_id, subject, f"{subject}/{token_id.partition('.')[0]}"


@dataclass(frozen=True)
class MeshToken:
    """A token and its times."""

    text: str
    issued_at: datetime
    expires_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether half of its life is left at least, which may be shorter than usual."""
        return self.expires_at - now >= (self.expires_at - self.issued_at) / 2


class MeshTokens:
    """Signs them. Each names what it permits; no role stands for more."""

    def __init__(self, key: jwt.PyJWK, issuer: str, audience: str) -> None:
        self._key = key
        self._issuer = issuer
        self._audience = audience

    def issue(
        self,
        subject: str,
        workspace_id: str,
        permissions: Iterable[str],
        *,
        until: datetime | None = None,
        mark: str = "",
    ) -> MeshToken:
        """For five minutes, or until then if that is sooner. Its id begins with the mark."""
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = min(now + LIFE, until or now + LIFE)
        claims: dict[str, Any] = {
            "sub": subject,
            "workspace_ids": [workspace_id],
            "permissions": sorted(permissions),
            "iss": self._issuer,
            "aud": self._audience,
            "iat": now,
            "exp": expires_at,
            "jti": f"{mark}.{uuid4().hex}" if mark else uuid4().hex,
        }
        headers = {"kid": str(self._key.key_id)}
        text = jwt.encode(claims, self._key.key, algorithm="EdDSA", headers=headers)
        return MeshToken(text, now, expires_at)

    def service_token(
        self, name: str, workspace_id: str, permissions: Iterable[str]
    ) -> Callable[[], dict[str, str]]:
        """The metadata of a service's calls, for a channel: a token that is fresh at each."""
        held = frozenset(permissions)
        known: MeshToken | None = None

        def metadata() -> dict[str, str]:
            nonlocal known
            if known is None or not known.is_fresh(datetime.now(UTC)):
                known = self.issue(name, workspace_id, held)
            return {"authorization": f"Bearer {known.text}"}

        return metadata


def mesh_tokens_of(settings: Settings) -> MeshTokens:
    """Raises WeakKeyError or OSError without a good key to sign by."""
    if settings.mesh_key_file is None:
        raise WeakKeyError("SHADOWER_MESH_KEY_FILE is needed to issue tokens of the mesh")
    key = _signing_key(settings.mesh_key_file)
    return MeshTokens(key, settings.mesh_issuer, settings.jwt_audience)


def _signing_key(path: Path) -> jwt.PyJWK:
    try:
        entry = json.loads(path.read_text())
        key = jwt.PyJWK(entry, algorithm="EdDSA")
    except (jwt.PyJWKError, jwt.InvalidKeyError, ValueError, AttributeError) as malformed:
        raise WeakKeyError("the mesh's key is malformed") from malformed
    if "d" not in entry or not key.key_id:
        raise WeakKeyError("the mesh's key has no private part or no kid")
    return key
