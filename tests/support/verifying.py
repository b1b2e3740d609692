"""Verifiers of tokens in the test's own process, that know of no revocation but the test's."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.runtime.audit import AuditEntry
from services.runtime.identity import TokenVerifier
from services.runtime.issuers import Issuers, issuers_of
from services.runtime.keys import Keys
from services.runtime.revocations import ReadRevocations, Revocation, Revocations
from services.runtime.settings import Settings
from tests.support.keys import KeyRing


def known_revocations() -> Revocations:
    """They have been read, and there are none."""
    revocations = Revocations()
    revocations.learn([])
    return revocations


async def verifier_of(settings: Settings, revocations: Revocations | None = None) -> TokenVerifier:
    issuers = issuers_of(settings)
    await issuers.load()
    return TokenVerifier(settings, issuers, revocations or known_revocations())


def verifier_by(keys: Keys, revocations: Revocations | None = None) -> TokenVerifier:
    """By those keys of the usual issuer."""
    settings = Settings(DATABASE_URL="unused", jwks_url="https://unused")
    issuers = Issuers({settings.jwt_issuer: keys})
    return TokenVerifier(settings, issuers, revocations or known_revocations())


async def verifier_with(ring: KeyRing, revocations: Revocations) -> TokenVerifier:
    async def read() -> str:
        return json.dumps({"keys": [ring.public()]})

    keys = Keys(read, ["EdDSA"], 60)
    await keys.load()
    return verifier_by(keys, revocations)


@asynccontextmanager
async def no_revocations() -> AsyncIterator[ReadRevocations]:
    async def read(_number: int, _limit: int) -> Sequence[Revocation]:
        return ()

    yield read


async def written_nowhere(_entries: Sequence[AuditEntry]) -> None:
    """Nobody reads it."""
