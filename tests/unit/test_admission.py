"""How keys are looked for: once for many, not for noise, and not for want of a database."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from services.access import admission as module
from services.access.admission import Admission
from services.access.secrets import PREFIX, hash_of, key_of, new_id, new_secret
from services.access.unknown import SECONDS, Unknown
from services.access.uses import Uses
from services.runtime.faults import Unauthenticated, Unavailable
from services.runtime.mesh_tokens import LIFE, MeshTokens
from services.runtime.revocations import Revocation
from services.warehouse.access.keeping import FoundKey
from tests.support.keys import KeyRing
from tests.support.verifying import known_revocations

RING = KeyRing("mesh")


class Database:
    """Knows keys, unless it is down, and counts the looks."""

    def __init__(self, *secrets: str) -> None:
        self.keys = [
            FoundKey("w", key_of(one) or "", ("metrics:read",), None, hash_of(one), None)
            for one in secrets
        ]
        self.is_down = False
        self.is_stuck = False
        self.seconds = 0.01
        self.looks = 0
        self.stuck = 0

    async def find(self, api_key_id: str) -> list[FoundKey]:
        """Of what it does not know it says nothing while it is stuck."""
        self.looks += 1
        found = [key for key in self.keys if key.api_key_id == api_key_id]
        if self.is_stuck and not found:
            self.stuck += 1
            await asyncio.sleep(SECONDS)
        await asyncio.sleep(self.seconds)
        if self.is_down:
            raise Unavailable("DATABASE_UNAVAILABLE", "it is down")
        return found


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def admission(database: Database) -> Admission:
    entry = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(RING.private)) | {"kid": RING.kid}
    tokens = MeshTokens(jwt.PyJWK(entry, algorithm="EdDSA"), "mesh", "shadower")

    async def written_nowhere(_uses: object) -> None:
        """Nobody reads it."""

    return Admission(database, tokens, known_revocations(), Uses(written_nowhere))


def passing(monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    """For the admission alone: tokens are signed at the true time."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + time

    monkeypatch.setattr(module, "datetime", Later)


def test_secrets_are_random_and_known_by_their_sums() -> None:
    key_id = new_id()
    secrets = {new_secret(key_id) for _ in range(100)}
    assert len(secrets) == 100
    assert {key_of(one) for one in secrets} == {key_id}
    assert {len(one) for one in secrets} == {len(PREFIX) + 24 + 1 + 43 + 6}
    [first, *_] = secrets
    for place in range(len(first)):
        other = first[:place] + ("1" if first[place] != "1" else "2") + first[place + 1 :]
        assert key_of(other) is None


async def test_many_at_once_are_one_look_and_one_token() -> None:
    database = Database(secret := new_secret(new_id()))
    program = admission(database)
    tokens = await asyncio.gather(*(program.token_for(secret) for _ in range(50)))
    tokens += [await program.token_for(secret)]
    assert (len(set(tokens)), database.looks) == (1, 1)
    claims = jwt.decode(tokens[0], options={"verify_signature": False})
    assert claims["workspace_ids"] == ["w"]
    assert claims["permissions"] == ["metrics:read"]


async def test_who_gives_up_does_not_end_the_look_of_others() -> None:
    database = Database(secret := new_secret(new_id()))
    program = admission(database)
    first, second = (asyncio.create_task(program.token_for(secret)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert database.looks == 1


async def test_noise_is_not_looked_for() -> None:
    database = Database()
    for noise in ("", "shk_", new_secret(new_id())[:-1], "x" * 10_000, "\x00"):
        with pytest.raises(Unauthenticated):
            await admission(database).token_for(noise)
    assert database.looks == 0


async def test_another_secret_of_a_key_is_refused() -> None:
    database = Database(known := new_secret(new_id()))
    with pytest.raises(Unauthenticated, match="not one of ours"):
        await admission(database).token_for(new_secret(key_of(known) or ""))
    assert database.looks == 1


async def test_a_forged_key_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    database = Database(known := new_secret(new_id()))
    monkeypatch.setattr(module, "Unknown", lambda: Unknown(clock))
    program, nobodys = admission(database), new_id()
    for forged in (
        new_secret(nobodys),
        new_secret(nobodys),
        *[new_secret(key_of(known) or "")] * 2,
    ):
        with pytest.raises(Unauthenticated):
            await program.token_for(forged)
    assert database.looks == 2
    assert await program.token_for(known)
    clock.now += SECONDS
    with pytest.raises(Unauthenticated):
        await program.token_for(forged)
    assert database.looks == 4


def test_unknown_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.access.unknown.MOST_REMEMBERED", 2)
    unknown = Unknown()
    for name in "abc":
        unknown.note(name)
    assert [unknown.has(name) for name in "abc"] == [False, True, True]


async def test_a_flood_of_forged_keys_holds_up_no_known_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_LOOKS", 8)
    database = Database(secret := new_secret(new_id()))
    program = admission(database)
    first = await program.token_for(secret)
    database.is_stuck = True
    flood = [asyncio.create_task(program.token_for(new_secret(new_id()))) for _ in range(8)]
    await asyncio.sleep(0)
    passing(monkeypatch, LIFE / 2 + timedelta(seconds=1))
    async with asyncio.timeout(0.5):
        assert await program.token_for(secret) != first
    assert database.stuck == module.STRANGERS_AT_ONCE
    for one in flood:
        one.cancel()


async def test_a_known_key_does_not_wait_long_for_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    database = Database(secret := new_secret(new_id()))
    program = admission(database)
    first = await program.token_for(secret)
    passing(monkeypatch, LIFE / 2 + timedelta(seconds=1))
    database.seconds = 10
    async with asyncio.timeout(5):
        assert await program.token_for(secret) == first


async def test_a_key_that_ends_soon_is_not_looked_for_at_each_call() -> None:
    database = Database(secret := new_secret(new_id()))
    [key] = database.keys
    database.keys = [replace(key, expires_at=datetime.now(UTC) + LIFE / 5)]
    program = admission(database)
    assert len({await program.token_for(secret) for _ in range(5)}) == 1
    assert database.looks == 1


async def test_a_token_is_given_for_half_of_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(secret := new_secret(new_id()))
    program = admission(database)
    first = await program.token_for(secret)
    passing(monkeypatch, LIFE / 2 - timedelta(seconds=5))
    assert await program.token_for(secret) == first
    passing(monkeypatch, LIFE / 2 + timedelta(seconds=1))
    assert await program.token_for(secret) != first
    assert database.looks == 2


async def test_without_a_database_a_known_key_is_good_to_its_tokens_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = Database(secret := new_secret(new_id()))
    program = admission(database)
    first = await program.token_for(secret)
    database.is_down = True
    passing(monkeypatch, LIFE - timedelta(seconds=5))
    assert await program.token_for(secret) == first
    passing(monkeypatch, LIFE + timedelta(seconds=1))
    with pytest.raises(Unavailable):
        await program.token_for(secret)
    with pytest.raises(Unavailable):
        await program.token_for(new_secret(new_id()))


async def test_looks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LOOKS", 2)
    secrets = [new_secret(new_id()) for _ in range(3)]
    program = admission(Database(*secrets))
    found = await asyncio.gather(*map(program.token_for, secrets), return_exceptions=True)
    assert [isinstance(one, Unavailable) for one in found] == [False, False, True]
    assert await program.token_for(secrets[2])


async def test_a_deleted_key_is_refused_though_it_is_remembered() -> None:
    database = Database(secret := new_secret(new_id()))
    program = admission(database)
    await program.token_for(secret)
    later = datetime.now(UTC) + timedelta(hours=1)
    ended = Revocation(1, "w", f"api-key:{key_of(secret)}", later)
    program._revocations.learn([ended])
    with pytest.raises(Unauthenticated, match="not any more"):
        await program.token_for(secret)
