"""Who calls: a token verified and turned into a principal."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt

from services.runtime.contract import role_grants
from services.runtime.faults import Unauthenticated
from services.runtime.keys import Keys
from services.runtime.process_settings import ProcessSettings

REQUIRED_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "jti")
MAX_TOKEN_LENGTH = 16 * 1024
KEPT_PRINCIPALS = 4096


@dataclass(frozen=True)
class Principal:
    """A caller as its verified token describes it."""

    subject: str
    workspace_ids: frozenset[str]
    permissions: frozenset[str]
    expires_at: datetime
    edition: int
    """That of the keys which the token was verified by."""


class TokenVerifier:
    """Checks signature, issuer, audience, expiry and id of tokens. See RFC 8725."""

    def __init__(self, settings: ProcessSettings, keys: Keys) -> None:
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._keys = keys
        # A signature stays what it is while the keys do, and to check it takes longer than many
        # an answer.
        self._remembered = lru_cache(KEPT_PRINCIPALS)(self._verified)

    def verify(self, token: str) -> Principal:
        """The caller behind a token. Raises Unauthenticated."""
        principal = self._remembered(token, self._keys.edition)
        if datetime.now(UTC) >= principal.expires_at:
            raise token_expired()
        return principal

    def still_trusts(self, principal: Principal) -> bool:
        """Without another look at the token, which is not needed if not."""
        is_of_now = principal.edition == self._keys.edition
        return is_of_now and datetime.now(UTC) < principal.expires_at

    def _verified(self, token: str, edition: int) -> Principal:
        if len(token) > MAX_TOKEN_LENGTH:
            raise _refused("length")
        try:
            return _principal(self._claims(token), edition)
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


def _principal(claims: dict[str, Any], edition: int) -> Principal:
    granted = role_grants().get(str(claims.get("role", "")), frozenset())
    return Principal(
        subject=_subject(claims["sub"]),
        workspace_ids=frozenset(_strings(claims, "workspace_ids")),
        permissions=granted | frozenset(_strings(claims, "permissions")),
        expires_at=_expiry(claims["exp"]),
        edition=edition,
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
