"""Tokens: what they claim, and how they are signed."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt

from cli.home import Home
from cli.tokens.keys import SigningKey, existing_key

ROLES = ("owner", "admin", "analyst", "member", "viewer", "service")
DEFAULT_LIFE = timedelta(minutes=30)


@dataclass(frozen=True)
class Issuer:
    """Who issues tokens, and for whom. The defaults are those of the services' settings."""

    name: str = "https://shadower.dev"
    audience: str = "shadower"

    @classmethod
    def of_environment(cls) -> "Issuer":
        return cls(
            os.environ.get("SHADOWER_JWT_ISSUER", cls.name),
            os.environ.get("SHADOWER_JWT_AUDIENCE", cls.audience),
        )


@dataclass(frozen=True)
class Grant:
    """What a token lets its bearer do, and for how long."""

    workspaces: tuple[str, ...]
    role: str = "owner"
    subject: str = "developer"
    email: str | None = None
    permissions: tuple[str, ...] = field(default=())
    life: timedelta = DEFAULT_LIFE


def longest_life() -> timedelta:
    """What services take, unless they are told otherwise."""
    return timedelta(seconds=float(os.environ.get("SHADOWER_JWT_MAX_SECONDS", "86400")))


def signed(grant: Grant, key: SigningKey, issuer: Issuer, now: datetime) -> str:
    claims = {**_about_the_bearer(grant), **_about_the_token(grant, issuer, now)}
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.kid})


def token_source(
    home: Home,
    given: str | None,
    workspace: str,
    *,
    role: str = "service",
    permissions: tuple[str, ...] = (),
) -> Callable[[], str]:
    """Answers with the given token, or with a fresh one at each call: a long load outlives one."""
    if given is not None:
        return lambda: given
    key = existing_key(home)
    grant = Grant((workspace,), role=role, subject="shadower", permissions=permissions)
    return lambda: signed(grant, key, Issuer.of_environment(), datetime.now(UTC))


def _about_the_bearer(grant: Grant) -> dict[str, Any]:
    email = {} if grant.email is None else {"email": grant.email}
    return {
        "sub": grant.subject,
        **email,
        "workspace_ids": list(grant.workspaces),
        "role": grant.role,
        "permissions": list(grant.permissions),
    }


def _about_the_token(grant: Grant, issuer: Issuer, now: datetime) -> dict[str, Any]:
    return {
        "iss": issuer.name,
        "aud": issuer.audience,
        "iat": now,
        "exp": now + grant.life,
        "jti": uuid4().hex,
    }
