"""Who calls: a token verified and turned into a principal."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.contract import role_grants
from services.runtime.faults import Unauthenticated, Unavailable
from services.runtime.issuers import Issuers
from services.runtime.keys import Keys
from services.runtime.mesh_tokens import revocable_ids
from services.runtime.process_settings import ProcessSettings
from services.runtime.revocations import Revocations

REQUIRED_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "jti")
MAX_TOKEN_LENGTH = 16 * 1024
KEPT_PRINCIPALS = 4096
# As the edge has it: so much another clock may be ahead of ours. Who has expired, has.
SKEW_SECONDS = 5
# As RevokeToken takes it.
TOKEN_ID = re.compile(r"[!-~]{1,256}")


@dataclass(frozen=True)
class Principal:
    """A caller as its verified token describes it."""

    subject: str
    token_id: str
    workspace_ids: frozenset[str]
    permissions: frozenset[str]
    expires_at: datetime
    edition: int
    """That of the keys which the token was verified by."""
    revocable_ids: tuple[str, ...] = ()
    """Its own id, and what it stands for, of which any may be revoked."""


NOBODY = Principal(
    subject="",
    token_id="",
    workspace_ids=frozenset(),
    permissions=frozenset(),
    expires_at=datetime.max.replace(tzinfo=UTC),
    edition=0,
)
"""Whoever comes with a secret in place of a token."""


class TokenVerifier:
    """Checks signature, issuer, audience, times and id of tokens. See RFC 8725."""

    def __init__(
        self, settings: ProcessSettings, issuers: Issuers, revocations: Revocations
    ) -> None:
        self._mesh_issuer = settings.mesh_issuer
        self._audience = settings.jwt_audience
        self._most_seconds = settings.jwt_max_seconds
        self._issuers = issuers
        self.revocations = revocations
        # A signature stays what it is while the keys do, and to check it takes longer than many
        # an answer.
        self._remembered = lru_cache(KEPT_PRINCIPALS)(self._verified)

    def verify(self, token: str) -> Principal:
        """The caller behind a token. Raises Unauthenticated; or Unavailable, if it is not known yet
        which tokens were revoked."""
        principal = self._remembered(token, self.edition)
        if datetime.now(UTC) >= principal.expires_at:
            raise token_expired()
        if not self.revocations.is_known:
            raise Unavailable("DATABASE_UNAVAILABLE", "revoked tokens are not known yet")
        if self.revocations.has(principal.revocable_ids):
            raise token_revoked()
        return principal

    def still_trusts(self, principal: Principal, workspace_id: str = SYSTEM_WORKSPACE) -> bool:
        """Without another look at the token, which is not needed if not. In the reserved workspace:
        in general."""
        return (
            principal.edition == self._issuers.edition
            and not self.revocations.has(principal.revocable_ids, workspace_id)
            and datetime.now(UTC) < principal.expires_at
        )

    @property
    def edition(self) -> int:
        """That of the keys of now."""
        return self._issuers.edition

    def has_ended_in(self, workspace_id: str, principal: Principal) -> bool:
        """Whether the caller's token was revoked for the workspace."""
        return self.revocations.has(principal.revocable_ids, workspace_id)

    def _verified(self, token: str, edition: int) -> Principal:
        if len(token) > MAX_TOKEN_LENGTH:
            raise _refused("length")
        try:
            claims = self._claims(token)
            self._check_lifetime(claims)
            return _principal(claims, edition, is_of_mesh=claims["iss"] == self._mesh_issuer)
        except jwt.ExpiredSignatureError as expired:
            raise token_expired() from expired
        except RecursionError as nested:
            raise _refused("format") from nested
        except jwt.InvalidTokenError as invalid:
            check = _CHECKS.get(type(invalid), "format")
            raise _refused(check) from invalid

    def _claims(self, token: str) -> dict[str, Any]:
        said = jwt.decode_complete(token, options={"verify_signature": False})
        issuer = said["payload"].get("iss")
        # Only by a key of who it says has issued it.
        keys = self._keys(issuer)
        key = keys.get(str(said["header"].get("kid")))
        if key is None:
            raise _refused("key")
        return jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            issuer=issuer,
            audience=self._audience,
            leeway=SKEW_SECONDS,
            options={"require": list(REQUIRED_CLAIMS)},
        )

    def _keys(self, issuer: object) -> Keys:
        if issuer is None:
            raise _refused("claims")
        keys = self._issuers.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise _refused("issuer")
        return keys

    def _check_lifetime(self, claims: dict[str, Any]) -> None:
        lifetime = _instant(claims["exp"]) - _instant(claims["iat"])
        if lifetime.total_seconds() > self._most_seconds:
            raise _refused("lifetime")


_CHECKS: dict[type[jwt.InvalidTokenError], str] = {
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
    jwt.MissingRequiredClaimError: "claims",
    jwt.ImmatureSignatureError: "not_before",
    jwt.InvalidIssuedAtError: "issued_at",
    jwt.InvalidAlgorithmError: "algorithm",
}


def _principal(claims: dict[str, Any], edition: int, *, is_of_mesh: bool) -> Principal:
    granted = role_grants().get(str(claims.get("role", "")), frozenset())
    subject, token_id = _subject(claims["sub"]), _token_id(claims["jti"])
    return Principal(
        subject=subject,
        token_id=token_id,
        workspace_ids=frozenset(_strings(claims, "workspace_ids")),
        permissions=granted | frozenset(_strings(claims, "permissions")),
        expires_at=_instant(claims["exp"]),
        edition=edition,
        revocable_ids=revocable_ids(subject, token_id) if is_of_mesh else (token_id,),
    )


def _subject(claim: object) -> str:
    """Not every string that JSON can spell is text, and nothing else can be logged."""
    subject = str(claim)
    if not subject.isprintable():
        raise _refused("subject")
    return subject


def _token_id(claim: object) -> str:
    """Only what can be revoked is let in."""
    if not isinstance(claim, str) or TOKEN_ID.fullmatch(claim) is None:
        raise _refused("id")
    return claim


def _instant(claim: Any) -> datetime:
    try:
        return datetime.fromtimestamp(float(claim), UTC)
    except (OverflowError, TypeError, ValueError, OSError) as beyond:
        raise _refused("expiry") from beyond


def _strings(claims: dict[str, Any], name: str) -> list[str]:
    values = claims.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _refused(name)
    return values


def token_expired() -> Unauthenticated:
    return Unauthenticated("TOKEN_EXPIRED", "the token has expired")


def token_revoked() -> Unauthenticated:
    return Unauthenticated("TOKEN_REVOKED", "the token was revoked")


def _refused(check: str) -> Unauthenticated:
    return Unauthenticated(
        "TOKEN_INVALID", f"the token fails the check of its {check}", metadata={"check": check}
    )
