"""Who calls: a token verified and turned into a principal."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt

from services.runtime.contract import role_grants
from services.runtime.faults import Unauthenticated
from services.runtime.settings import Settings

REQUIRED_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "jti")
MIN_SECRET_BYTES = 32
MAX_TOKEN_LENGTH = 16 * 1024
KEPT_PRINCIPALS = 4096
ALGORITHM_OF_KEY = {("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256", ("oct", ""): "HS256"}


@dataclass(frozen=True)
class Principal:
    """A caller as its verified token describes it."""

    subject: str
    workspace_ids: frozenset[str]
    permissions: frozenset[str]
    expires_at: datetime


class WeakKeyError(ValueError):
    """A key set that cannot protect anything; the process refuses to start."""


class TokenVerifier:
    """Checks signature, issuer, audience, expiry and id of tokens. See RFC 8725."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._keys = load_keys(settings.jwks_file.read_text(), settings.jwt_algorithms)
        # A signature stays what it is, and to check it takes longer than many an answer.
        self._remembered = lru_cache(KEPT_PRINCIPALS)(self._verified)

    def verify(self, token: str) -> Principal:
        """The caller behind a token. Raises Unauthenticated."""
        principal = self._remembered(token)
        if datetime.now(UTC) >= principal.expires_at:
            raise token_expired()
        return principal

    def _verified(self, token: str) -> Principal:
        if len(token) > MAX_TOKEN_LENGTH:
            raise _refused("length")
        try:
            return _principal(self._claims(token))
        except jwt.ExpiredSignatureError as expired:
            raise token_expired() from expired
        except jwt.InvalidTokenError as invalid:
            check = _CHECKS.get(type(invalid), "format")
            raise _refused(check) from invalid

    def _claims(self, token: str) -> dict[str, Any]:
        key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise _refused("key")
        return jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            issuer=self._issuer,
            audience=self._audience,
            options={"require": list(REQUIRED_CLAIMS)},
        )


_CHECKS: dict[type[jwt.InvalidTokenError], str] = {
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
    jwt.MissingRequiredClaimError: "claims",
    jwt.ImmatureSignatureError: "not_before",
    jwt.InvalidIssuedAtError: "issued_at",
    jwt.InvalidAlgorithmError: "algorithm",
}


def load_keys(jwks: str, algorithms: Iterable[str]) -> dict[str, jwt.PyJWK]:
    """Verification keys by id. Raises WeakKeyError if one is weak or there is none."""
    return {
        str(entry["kid"]): _strong_key(entry, frozenset(algorithms)) for entry in _entries(jwks)
    }


def _entries(jwks: str) -> list[dict[str, str]]:
    try:
        content = json.loads(jwks)
    except json.JSONDecodeError as malformed:
        raise WeakKeyError(f"the key set is not JSON: {malformed}") from malformed
    entries = content.get("keys") if isinstance(content, dict) else None
    if not entries or not isinstance(entries, list):
        raise WeakKeyError("the key set has no keys")
    if not all(isinstance(entry, dict) and entry.get("kid") for entry in entries):
        raise WeakKeyError("a key has no kid")
    return entries


def _strong_key(entry: dict[str, str], algorithms: frozenset[str]) -> jwt.PyJWK:
    algorithm = ALGORITHM_OF_KEY.get((entry.get("kty", ""), entry.get("crv", "")))
    if algorithm not in algorithms:
        raise WeakKeyError(f"a key of type {entry.get('kty')} is not for {sorted(algorithms)}")
    if entry.get("alg", algorithm) != algorithm:
        raise WeakKeyError(f"a key is not for {algorithm}")
    try:
        key = jwt.PyJWK(entry, algorithm=algorithm)
    except (jwt.PyJWKError, jwt.InvalidKeyError, ValueError) as malformed:
        raise WeakKeyError(f"a key is malformed: {malformed}") from malformed
    if isinstance(key.key, bytes) and len(key.key) < MIN_SECRET_BYTES:
        raise WeakKeyError(f"a secret has fewer than {MIN_SECRET_BYTES} bytes")
    return key


def _principal(claims: dict[str, Any]) -> Principal:
    granted = role_grants().get(str(claims.get("role", "")), frozenset())
    return Principal(
        subject=_subject(claims["sub"]),
        workspace_ids=frozenset(_strings(claims, "workspace_ids")),
        permissions=granted | frozenset(_strings(claims, "permissions")),
        expires_at=_expiry(claims["exp"]),
    )


def _subject(claim: object) -> str:
    """Not every string that JSON can spell is text, and nothing else can be logged."""
    subject = str(claim)
    if not subject.isprintable():
        raise _refused("subject")
    return subject


def _expiry(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as beyond:
        raise _refused("expiry") from beyond


def _strings(claims: dict[str, Any], name: str) -> list[str]:
    values = claims.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _refused(name)
    return values


def token_expired() -> Unauthenticated:
    return Unauthenticated("TOKEN_EXPIRED", "the token has expired")


def _refused(check: str) -> Unauthenticated:
    return Unauthenticated(
        "TOKEN_INVALID", f"the token fails the check of its {check}", metadata={"check": check}
    )
