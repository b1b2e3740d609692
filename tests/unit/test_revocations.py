"""What a process knows of revoked tokens, while it can be told and while it cannot."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from services.runtime import revocations as module
from services.runtime.background import in_background
from services.runtime.faults import Unauthenticated, Unavailable
from services.runtime.revocations import ReadRevocations, Revocation, Revocations
from tests.support.keys import KeyRing
from tests.support.verifying import known_revocations, verifier_with

LATER = datetime.now(UTC) + timedelta(hours=1)
SYSTEM = "shadower-system"


class Source:
    """Tells of revocations, or fails; counts how often it was opened."""

    def __init__(self) -> None:
        self.kept: list[Revocation] = []
        self.is_down = False
        self.opened = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ReadRevocations]:
        self._check()
        self.opened += 1
        yield self._read

    async def _read(self, number: int, limit: int) -> Sequence[Revocation]:
        self._check()
        return [one for one in self.kept if one.number > number][:limit]

    def _check(self) -> None:
        if self.is_down:
            raise Unavailable("DATABASE_UNAVAILABLE", "it is down")


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "TRIES_SECONDS", 0.01)


async def test_what_is_known_stays_while_nobody_can_tell_more() -> None:
    source, revocations = Source(), Revocations()
    source.is_down = True
    async with in_background(revocations.follow(source.open)):
        await asyncio.sleep(0.05)
        assert revocations.trouble() == "revoked tokens are not known yet"
        source.kept.append(Revocation(7, "w", "t", LATER))
        source.is_down = False
        await asyncio.sleep(0.1)
        assert revocations.trouble() == ""
        assert revocations.has(("other", "t"), "w")
        source.is_down = True
        await asyncio.sleep(0.05)
        assert revocations.has(("t",), "w")
        # A database that was restored begins with lower numbers.
        source.kept.append(Revocation(3, "w", "restored", LATER))
        source.is_down = False
        await asyncio.sleep(0.1)
        assert revocations.has(("restored",), "w")
        assert source.opened == 2


@pytest.mark.parametrize(
    ("revoked_in", "asked", "ended"),
    [("w", "w", True), ("w", "v", False), (SYSTEM, "w", True), (SYSTEM, SYSTEM, True)],
)
def test_where_a_token_has_ended(revoked_in: str, asked: str, ended: bool) -> None:
    revocations = known_revocations()
    revocations.learn([Revocation(1, revoked_in, "t", LATER)])
    assert revocations.has(("t",), asked) is ended
    assert revocations.has(("t",)) is (revoked_in == SYSTEM)


def test_what_has_expired_is_forgotten_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    now = 0.0
    revocations = known_revocations()
    revocations.learn([Revocation(1, "w", "old", datetime.now(UTC) - timedelta(seconds=1))])
    now = module.FORGETTING_SECONDS - 1
    revocations.learn([Revocation(2, "w", "new", LATER)])
    assert revocations.has(("old",), "w")
    now = module.FORGETTING_SECONDS
    revocations.learn([])
    assert not revocations.has(("old",), "w")
    assert revocations.has(("new",), "w")


async def test_many_are_read_in_parts_and_nobody_is_admitted_by_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    source, revocations = Source(), Revocations()
    source.kept = [Revocation(number, "w", f"t-{number}", LATER) for number in range(1, 6)]
    known = []

    async def read(number: int, limit: int) -> Sequence[Revocation]:
        known.append(revocations.is_known)
        return await source._read(number, limit)

    @asynccontextmanager
    async def opened() -> AsyncIterator[ReadRevocations]:
        yield read

    async with in_background(revocations.follow(opened)):
        await asyncio.sleep(0.1)
    assert all(revocations.has((f"t-{number}",), "w") for number in range(1, 6))
    assert known[:4] == [False, False, False, True]


async def test_nobody_is_admitted_before_revocations_are_known() -> None:
    ring = KeyRing()
    verifier = await verifier_with(ring, Revocations())
    with pytest.raises(Unavailable):
        verifier.verify(ring.token("w"))
    verifier.revocations.learn([Revocation(1, SYSTEM, "gone", LATER)])
    assert verifier.verify(ring.token("w"))
    with pytest.raises(Unauthenticated, match="revoked"):
        verifier.verify(ring.token("w", jti="gone"))


async def test_a_token_that_lives_too_long_is_refused() -> None:
    """To the second, since a revocation is kept no longer."""
    ring = KeyRing()
    verifier = await verifier_with(ring, known_revocations())
    now = int(datetime.now(UTC).timestamp())
    assert verifier.verify(ring.token("w", iat=now, exp=now + 86_400))
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(ring.token("w", iat=now, exp=now + 86_401))
    assert refused.value.metadata == {"check": "lifetime"}
