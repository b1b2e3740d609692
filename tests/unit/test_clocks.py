"""Clocks of several machines differ: by a little nobody minds, and by an hour nobody is let in."""

import time

import pytest

from services.runtime.faults import Unauthenticated
from tests.support.keys import KeyRing
from tests.support.verifying import known_revocations, verifier_with

HOUR = 3600


@pytest.mark.parametrize(
    ("ahead", "reason"),
    [(0, ""), (3, ""), (HOUR, "TOKEN_INVALID"), (-HOUR, "TOKEN_EXPIRED")],
    ids=["the same", "a little ahead", "an hour ahead", "an hour behind"],
)
async def test_a_token_by_another_clock(ahead: int, reason: str) -> None:
    """Of who issues tokens for half an hour."""
    ring = KeyRing()
    verifier = await verifier_with(ring, known_revocations())
    issued = int(time.time()) + ahead
    token = ring.token("acme", iat=issued, exp=issued + HOUR // 2)
    if not reason:
        assert verifier.verify(token).subject == "tester"
        return
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(token)
    assert refused.value.reason == reason


async def test_a_token_that_has_expired_has_no_leeway() -> None:
    ring = KeyRing()
    verifier = await verifier_with(ring, known_revocations())
    now = int(time.time())
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(ring.token("acme", iat=now - 60, exp=now - 1))
    assert refused.value.reason == "TOKEN_EXPIRED"
