"""Who asks again, byte for byte and by the same token, is answered from memory; nobody else is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest, GetMetricsResponse
from shadower.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)

from services.runtime import recall
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.cache.cache import Cache
from services.runtime.cache.handlers import cached
from services.runtime.cache.question import Answer, Basis
from services.runtime.call import Interceptor
from services.runtime.chain import Chain
from services.runtime.guarding import GuardedServer
from services.runtime.interceptors import standard_chain
from services.runtime.interceptors.audit import Audit
from services.runtime.revocations import Revocation, Revocations
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.translation.meaning import meaning
from tests.support.cache import Replica, World
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import interval
from tests.support.verifying import known_revocations, verifier_of, written_nowhere

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
ASKED = GetMetricsRequest(workspace_id="w", metrics=["cost"], interval=interval(START, END))

Call = Callable[..., Any]


class Servicer(MetricsServiceServicer):
    """Calculates the same whatever it is asked, and says how often it did."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.calculations = 0

    @cached(meaning)
    async def GetMetrics(self, request: GetMetricsRequest) -> Answer:
        self.calculations += 1
        return Answer(GetMetricsResponse(next_page_token="x"), Basis(0, START, END))


class Watching(Interceptor):
    """Counts the calls that were admitted, and those that were recalled."""

    def __init__(self) -> None:
        self.admissions = self.recollections = 0

    def admit(self, _call: object, _message: Message) -> None:
        self.admissions += 1

    def recalled(self, *_: object) -> None:
        self.recollections += 1


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing()


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def revocations() -> Revocations:
    return known_revocations()


@pytest.fixture
def servicer() -> Servicer:
    return Servicer(Replica.of(World()).cache)


@pytest.fixture
async def get(
    keys: KeyRing,
    watching: Watching,
    servicer: Servicer,
    revocations: Revocations,
    tmp_path: Path,
) -> AsyncIterator[Call]:
    jwks = keys.write_jwks(tmp_path / "jwks.json")
    settings = Settings(DATABASE_URL="unused", jwks_file=jwks, log_level="warning")
    verifier = await verifier_of(settings, revocations)
    standard = standard_chain(settings, verifier, MessageValidator(), Audit(written_nowhere))
    chain = Chain([*standard, watching], 1)
    server = grpc.aio.server()
    add_MetricsServiceServicer_to_server(servicer, GuardedServer(server, chain, {}))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        path = "/shadower.metrics.v1.MetricsService/GetMetrics"
        call: Any = channel.unary_unary(path, GetMetricsRequest.SerializeToString)
        yield call
    await server.stop(None)


async def test_who_asks_the_same_again_is_answered_from_memory(
    get: Call, keys: KeyRing, watching: Watching, servicer: Servicer
) -> None:
    metadata = keys.metadata("w")
    replies = [await get(ASKED, metadata=metadata) for _ in range(4)]
    assert set(replies) == {GetMetricsResponse(next_page_token="x").SerializeToString()}
    assert (servicer.calculations, watching.admissions, watching.recollections) == (1, 1, 3)


async def test_another_token_is_judged_by_itself(
    get: Call, keys: KeyRing, watching: Watching
) -> None:
    for _ in range(2):
        await get(ASKED, metadata=keys.metadata("w"))
    assert (watching.admissions, watching.recollections) == (2, 0)
    refusals = [
        (await refused(get(ASKED, metadata=metadata))).reason
        for metadata in (keys.metadata("other"), keys.metadata("w", role="none"), (), None)
    ]
    assert refusals == ["WORKSPACE_DENIED", "PERMISSION_MISSING", "TOKEN_MISSING", "TOKEN_MISSING"]


async def test_of_several_tokens_it_is_the_one_that_was_verified(get: Call, keys: KeyRing) -> None:
    good, bad = keys.metadata("w"), keys.metadata("other")
    await get(ASKED, metadata=good)
    assert (await refused(get(ASKED, metadata=good + bad))).reason == "WORKSPACE_DENIED"
    assert await get(ASKED, metadata=bad + good)


async def test_a_header_that_names_another_workspace_is_seen_each_time(
    get: Call, keys: KeyRing, watching: Watching
) -> None:
    metadata = keys.metadata("w", "other")
    await get(ASKED, metadata=metadata)
    await get(ASKED, metadata=(*metadata, ("x-shadower-workspace", "w")))
    for _ in range(2):
        contradicting = (*metadata, ("x-shadower-workspace", "other"))
        found = await refused(get(ASKED, metadata=contradicting))
        assert found.reason == "WORKSPACE_CONTRADICTED"
    for named in (("other", "w"), ("w", "other"), ("w", "w")):
        twice = (*metadata, *(("x-shadower-workspace", name) for name in named))
        assert (await refused(get(ASKED, metadata=twice))).reason == "WORKSPACE_CONTRADICTED"
    assert watching.recollections == 0


async def test_a_token_that_has_expired_is_of_no_use_any_more(get: Call, keys: KeyRing) -> None:
    metadata = keys.metadata("w", exp=int(datetime.now(UTC).timestamp()) + 2)
    for _ in range(3):
        await get(ASKED, metadata=metadata)
    await asyncio.sleep(2.1)
    assert (await refused(get(ASKED, metadata=metadata))).reason == "TOKEN_EXPIRED"


@pytest.mark.parametrize("place", ["w", SYSTEM_WORKSPACE])
async def test_a_token_that_was_revoked_is_of_no_use_any_more(
    get: Call, keys: KeyRing, watching: Watching, revocations: Revocations, place: str
) -> None:
    metadata = keys.metadata("w", jti="t")
    for _ in range(3):
        await get(ASKED, metadata=metadata)
    assert watching.recollections == 2
    later = datetime.now(UTC) + timedelta(hours=1)
    revocations.learn([Revocation(1, "other", "t", later)])
    await get(ASKED, metadata=metadata)
    assert watching.recollections == 3
    revocations.learn([Revocation(2, place, "t", later)])
    assert (await refused(get(ASKED, metadata=metadata))).reason == "TOKEN_REVOKED"
    assert watching.recollections == 3


async def test_nobody_can_have_much_remembered(
    get: Call, keys: KeyRing, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by tokens with blanks before them, which are still good, nor by many."""
    token = keys.token("w")
    for blanks in (5_000, 5_001, 5_000):
        await get(ASKED, metadata=(("authorization", f"Bearer{' ' * blanks}{token}"),))
    assert (watching.admissions, watching.recollections) == (3, 0)
    monkeypatch.setattr(recall, "KEPT", 2)
    several = [keys.metadata("w") for _ in range(3)]
    for metadata in (*several, several[0]):
        await get(ASKED, metadata=metadata)
    assert (watching.admissions, watching.recollections) == (7, 0)
    await get(ASKED, metadata=several[0])
    assert (watching.admissions, watching.recollections) == (7, 1)


async def test_an_answer_that_was_forgotten_is_calculated_anew(
    get: Call, keys: KeyRing, watching: Watching, servicer: Servicer
) -> None:
    metadata = keys.metadata("w")
    for _ in range(2):
        await get(ASKED, metadata=metadata)
    servicer.cache.forget("*")
    for _ in range(2):
        await get(ASKED, metadata=metadata)
    assert (servicer.calculations, watching.recollections) == (2, 2)


async def test_an_answer_that_is_too_old_for_who_asks_is_not_given(
    get: Call, keys: KeyRing, watching: Watching
) -> None:
    freshest = GetMetricsRequest()
    freshest.CopyFrom(ASKED)
    freshest.max_staleness.FromTimedelta(timedelta())
    metadata = keys.metadata("w")
    for _ in range(3):
        await get(freshest, metadata=metadata)
    assert (watching.admissions, watching.recollections) == (3, 0)


async def test_what_was_refused_is_refused_again(
    get: Call, keys: KeyRing, watching: Watching, servicer: Servicer
) -> None:
    wrong = GetMetricsRequest(workspace_id="w", metrics=[""], interval=interval(START, END))
    for _ in range(3):
        assert (await refused(get(wrong, metadata=keys.metadata("w")))).reason == (
            "VALIDATION_FAILED"
        )
    assert (servicer.calculations, watching.recollections) == (0, 0)
