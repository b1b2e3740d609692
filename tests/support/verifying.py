"""Verifiers of tokens in the test's own process, that know of no revocation but the test's."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.runtime.audit import AuditEntry
from services.runtime.identity import TokenVerifier
from services.runtime.issuers import Issuers, issuers_of
from services.runtime.keys import Keys
from services.runtime.revocations import ReadRevocations, Revocation, Revocations
from services.runtime.settings import Settings


def known_revocations() -> Revocations:
    """They have been read, and there are none."""
    revocations = Revocations()
    revocations.learn([])
    return revocations


async def verifier_of(settings: Settings) -> TokenVerifier:
    issuers = issuers_of(settings)
    await issuers.load()
    return TokenVerifier(settings, issuers, known_revocations())


def verifier_with(keys: Keys) -> TokenVerifier:
    """By those keys of the usual issuer."""
    settings = Settings(DATABASE_URL="unused", jwks_url="https://unused")
    return TokenVerifier(settings, Issuers({settings.jwt_issuer: keys}), known_revocations())


@asynccontextmanager
async def no_revocations() -> AsyncIterator[ReadRevocations]:
    async def read(_number: int) -> Sequence[Revocation]:
        return ()

    yield read


async def written_nowhere(_entries: Sequence[AuditEntry]) -> None:
    """Nobody reads it."""
