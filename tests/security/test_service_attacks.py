"""What gets by the edge is refused by services too, and not without the one thing that does it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest, ListMetricsResponse
from shadower.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    MetricsServiceStub,
    add_MetricsServiceServicer_to_server,
)

from services.runtime.chain import Chain
from services.runtime.guarding import GuardedServer
from services.runtime.identity import TokenVerifier
from services.runtime.interceptors import standard_chain
from services.runtime.interceptors.audit import Audit
from services.runtime.issuers import Issuers, issuers_of
from services.runtime.revocations import Revocation, Revocations
from services.runtime.server import MAX_MESSAGE_BYTES, OPTIONS
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from tests.security.calls import ATTACKS, INVALID, Attack, checks_no_seal
from tests.security.test_edge_attacks import ATTACKS as EDGE_ATTACKS
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.stack import ROOT, Stack
from tests.support.verifying import known_revocations, written_nowhere

METHOD = "/shadower.metrics.v1.MetricsService/ListMetrics"


class Metrics(MetricsServiceServicer):
    """Answers whoever gets through."""

    async def ListMetrics(self, request: Any, context: Any) -> ListMetricsResponse:
        return ListMetricsResponse()


@dataclass(frozen=True)
class Service:
    """One of the pieces of ours, in the test's own process."""

    issuers: Issuers
    revocations: Revocations
    jwks: Path
    channel: grpc.aio.Channel

    async def list_metrics(self, attack: Attack, keys: KeyRing) -> Any:
        stub: Any = MetricsServiceStub(self.channel)
        return await stub.ListMetrics(attack.request(), metadata=attack.metadata(keys))


@asynccontextmanager
async def running(
    folder: Path, keys: KeyRing, options: Sequence[tuple[str, int]] = OPTIONS
) -> AsyncIterator[Service]:
    jwks = keys.write_jwks(folder / "jwks.json")
    settings = Settings(DATABASE_URL="unused", jwks_file=jwks, log_level="warning")
    issuers = issuers_of(settings)
    await issuers.load()
    revocations = known_revocations()
    verifier = TokenVerifier(settings, issuers, revocations)
    chain = standard_chain(settings, verifier, MessageValidator(), Audit(written_nowhere))
    server = grpc.aio.server(options=options)
    guarded: Any = GuardedServer(server, Chain(chain, 1), {})
    add_MetricsServiceServicer_to_server(Metrics(), guarded)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Service(issuers, revocations, jwks, channel)
    finally:
        await server.stop(None)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_is_refused_at_the_own_port(
    stack: Stack, keys: KeyRing, attack: Attack
) -> None:
    call = stack.stubs.metrics.ListMetrics(attack.request(), metadata=attack.metadata(keys))
    assert (await refused(call)).reason == attack.reason


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_under_its_mutant_an_attack_gets_through(
    tmp_path: Path, keys: KeyRing, monkeypatch: pytest.MonkeyPatch, attack: Attack
) -> None:
    async with running(tmp_path, keys) as service:
        assert (await refused(service.list_metrics(attack, keys))).reason == attack.reason
    attack.mutation(monkeypatch)
    async with running(tmp_path, keys) as service:
        assert await service.list_metrics(attack, keys) == ListMetricsResponse()


@pytest.mark.parametrize("is_mutant", [False, True], ids=["ours", "mutant"])
async def test_a_removed_key_is_of_no_use_though_its_token_was_seen(
    tmp_path: Path, keys: KeyRing, monkeypatch: pytest.MonkeyPatch, is_mutant: bool
) -> None:
    """A mutant that does not tell one edition of keys from another remembers the token."""
    if is_mutant:
        monkeypatch.setattr(Issuers, "edition", 0)
    metadata = keys.metadata("w")
    seen = Attack("seen", lambda _: metadata, INVALID, checks_no_seal)
    async with running(tmp_path, keys) as service:
        assert await service.list_metrics(seen, keys) == ListMetricsResponse()
        KeyRing("new").write_jwks(service.jwks)
        await service.issuers.load()
        call = service.list_metrics(seen, keys)
        if is_mutant:
            assert await call == ListMetricsResponse()
        else:
            assert (await refused(call)).reason == INVALID


@pytest.mark.parametrize("is_mutant", [False, True], ids=["ours", "mutant"])
async def test_a_revoked_token_is_of_no_use_though_it_was_seen(
    tmp_path: Path, keys: KeyRing, monkeypatch: pytest.MonkeyPatch, is_mutant: bool
) -> None:
    if is_mutant:
        monkeypatch.setattr(Revocations, "has", lambda *_: False)
    metadata = keys.metadata("w", jti="t")
    seen = Attack("seen", lambda _: metadata, "TOKEN_REVOKED", checks_no_seal)
    async with running(tmp_path, keys) as service:
        assert await service.list_metrics(seen, keys) == ListMetricsResponse()
        later = datetime.now(UTC) + timedelta(hours=1)
        service.revocations.learn([Revocation(1, "w", "t", later)])
        call = service.list_metrics(seen, keys)
        if is_mutant:
            assert await call == ListMetricsResponse()
        else:
            assert (await refused(call)).reason == seen.reason


async def test_a_large_message_is_not_even_read(
    stack: Stack, keys: KeyRing, tmp_path: Path
) -> None:
    """By gRPC, which gives no reasons. A mutant without the bound reads it, and has one."""
    large, metadata = ListMetricsRequest(workspace_id="w"), keys.metadata("w")
    large.page_token = "x" * (MAX_MESSAGE_BYTES + 1)
    found = await refused(stack.stubs.metrics.ListMetrics(large, metadata=metadata))
    assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "")
    boundless = (("grpc.max_receive_message_length", -1),)
    async with running(tmp_path, keys, boundless) as service:
        stub: Any = MetricsServiceStub(service.channel)
        found = await refused(stub.ListMetrics(large, metadata=metadata))
        assert found.reason == "MESSAGE_TOO_LARGE"


async def test_a_path_without_a_slash_is_no_way_around(stack: Stack, keys: KeyRing) -> None:
    """Who decides by paths must not be told one that only looks like another."""
    request = ListMetricsRequest(workspace_id="w").SerializeToString()
    async with stack.running["metrics"].channel() as channel:
        usual: Any = channel.unary_unary(METHOD)
        assert await usual(request, metadata=keys.metadata("w"))
        for metadata in (keys.metadata("w"), ()):
            odd: Any = channel.unary_unary(METHOD.lstrip("/"))
            found = await refused(odd(request, metadata=metadata))
            assert found.code is grpc.StatusCode.UNIMPLEMENTED


def test_the_page_about_security_has_every_attack() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    told = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))
    assert [one.name for one in (*EDGE_ATTACKS, *ATTACKS) if one.name not in told] == []
