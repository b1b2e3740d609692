"""Attacks at a service's own port: calls, and how a service would be that let them through."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest

from services.runtime import identity
from services.runtime.call import Call
from services.runtime.identity import REQUIRED_CLAIMS
from services.runtime.interceptors import authorisation
from services.runtime.interceptors.authentication import Authentication
from services.runtime.issuers import Issuers
from tests.support.keys import KeyRing

Metadata = tuple[tuple[str, str], ...]
Mutation = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Attack:
    """A call at a service's own port, why it is refused, and how it would not be."""

    name: str
    metadata: Callable[[KeyRing], Metadata]
    reason: str
    mutation: Mutation
    workspace: str = "w"

    def request(self) -> ListMetricsRequest:
        return ListMetricsRequest(workspace_id=self.workspace)


def bearing(token: Callable[[KeyRing], str]) -> Callable[[KeyRing], Metadata]:
    return lambda keys: (("authorization", f"Bearer {token(keys)}"),)


def with_claims(**claims: Any) -> Callable[[KeyRing], Metadata]:
    return lambda keys: keys.metadata("w", **claims)


def unsigned(keys: KeyRing) -> str:
    return f"{_part({'alg': 'none', 'kid': keys.kid})}.{keys.token('w').split('.')[1]}."


def public_key_as_secret(keys: KeyRing) -> str:
    head = _part({"alg": "HS256", "kid": keys.kid})
    signed = f"{head}.{keys.token('w').split('.')[1]}"
    public = keys.private.public_key().public_bytes_raw()
    return f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}"


def _part(content: dict[str, str]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def of_a_stranger(keys: KeyRing) -> str:
    return KeyRing(keys.kid, Ed25519PrivateKey.generate()).token("w")


def spoofed(keys: KeyRing) -> Metadata:
    """What an edge might say of a caller, if services believed it."""
    return (*keys.metadata("w"), ("x-workspace-id", "other"), ("x-user-id", "root"))


def contradicting(keys: KeyRing) -> Metadata:
    return (*keys.metadata("w", "other"), ("x-shadower-workspace", "other"))


def _judges_tokens_by(patch: pytest.MonkeyPatch, **changed: Any) -> None:
    decode = jwt.decode

    def lenient(token: str, *args: Any, options: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"exp": time.time() + 60, **decode(token, *args, options=options | changed, **more)}

    patch.setattr(identity.jwt, "decode", lenient)


def checks_no_seal(patch: pytest.MonkeyPatch) -> None:
    _judges_tokens_by(patch, verify_signature=False)


def believes_any_issuer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Issuers, "get", lambda issuers, _name: issuers._all[0])


def is_any_audience(patch: pytest.MonkeyPatch) -> None:
    needed = [claim for claim in REQUIRED_CLAIMS if claim != "aud"]
    _judges_tokens_by(patch, verify_aud=False, require=needed)


def takes_tokens_for_ever(patch: pytest.MonkeyPatch) -> None:
    _judges_tokens_by(patch, require=[claim for claim in REQUIRED_CLAIMS if claim != "exp"])


def has_no_clock(patch: pytest.MonkeyPatch) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Stopped":
            return cls(1970, 1, 1, tzinfo=tz)

    _judges_tokens_by(patch, verify_exp=False, verify_nbf=False)
    patch.setattr(identity, "datetime", Stopped)


def asks_for_no_token(patch: pytest.MonkeyPatch) -> None:
    principal = identity.Principal(
        "anybody",
        "t",
        frozenset({"w"}),
        frozenset({"metrics:read"}),
        datetime.max.replace(tzinfo=UTC),
        1,
    )
    patch.setattr(Authentication, "_identify", lambda _, call: setattr(call, "identity", principal))


def believes_headers(patch: pytest.MonkeyPatch) -> None:
    identify = Authentication._identify

    def believing(authentication: Authentication, call: Call) -> None:
        identify(authentication, call)
        named = frozenset({call.metadata["x-workspace-id"]})
        call.identity = replace(call.principal, workspace_ids=named)

    patch.setattr(Authentication, "_identify", believing)


def _without(check: str) -> Mutation:
    return lambda patch: patch.setattr(authorisation, check, lambda *_: None)


INVALID = "TOKEN_INVALID"
ATTACKS = (
    Attack("no token", lambda _: (), "TOKEN_MISSING", asks_for_no_token),
    Attack("an unsigned token", bearing(unsigned), INVALID, checks_no_seal),
    Attack("the public key as secret", bearing(public_key_as_secret), INVALID, checks_no_seal),
    Attack("a stranger's signature", bearing(of_a_stranger), INVALID, checks_no_seal),
    Attack("another issuer", with_claims(iss="https://evil.test"), INVALID, believes_any_issuer),
    Attack("another audience", with_claims(aud="else"), INVALID, is_any_audience),
    Attack("no audience", with_claims(aud=None), INVALID, is_any_audience),
    Attack("an expired token", with_claims(exp=time.time() - 30), "TOKEN_EXPIRED", has_no_clock),
    Attack("a token for later", with_claims(nbf=time.time() + 3_600), INVALID, has_no_clock),
    Attack("a token without end", with_claims(exp=None), INVALID, takes_tokens_for_ever),
    Attack("spoofed headers", spoofed, "WORKSPACE_DENIED", believes_headers, "other"),
    Attack(
        "another workspace than several",
        lambda keys: keys.metadata("w", "v"),
        "WORKSPACE_DENIED",
        _without("_check_workspace"),
        "other",
    ),
    Attack(
        "a header for another workspace",
        contradicting,
        "WORKSPACE_CONTRADICTED",
        _without("_check_header"),
    ),
    Attack(
        "a role that may nothing",
        lambda keys: keys.metadata("w", role="none"),
        "PERMISSION_MISSING",
        _without("_check_permission"),
    ),
)
