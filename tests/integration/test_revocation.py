"""A token that was revoked lets nobody in any more: soon, everywhere, and for streams too."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from services.runtime.revocations import Revocations
from services.warehouse.access.revocations import end_tokens, open_revocations
from services.warehouse.access.revocations import revoke as revoke_in
from services.warehouse.database import Database
from tests.support.access import SOON, SYSTEM, Administrator, list_metrics, refused_soon
from tests.support.bus import database_of, settings_of
from tests.support.errors import refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.live import BUILT_IN, WHOLE, Reader
from tests.support.runs import Client, interval
from tests.support.stack import Environment, Stack, ready, start, stop

ASKED_FOR = interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def administrator(stack: Stack, keys: KeyRing, workspace: str) -> Administrator:
    return Administrator(stack.stubs, keys, workspace)


@pytest.fixture(scope="module")
async def other_metrics(
    stack: Stack, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Any]:
    """A stub of another replica of a service, which remembers how it answered."""
    logs = tmp_path_factory.mktemp("replica")
    remembering = (("SHADOWER_CACHE_STALENESS_SECONDS", "10"),)
    service = start("metrics", Environment(stack.database_url, jwks_file, logs, remembering))
    try:
        await ready(service)
        async with service.channel() as channel:
            yield MetricsServiceStub(channel)
    finally:
        stop(service)


@pytest.fixture
def token_id() -> str:
    return uuid.uuid4().hex


async def test_all_replicas_refuse_it_within_two_seconds(
    administrator: Administrator, other_metrics: Any, keys: KeyRing, token_id: str
) -> None:
    workspace = administrator.workspace
    metadata = keys.metadata(workspace, jti=token_id)
    asked = GetMetricsRequest(workspace_id=workspace, metrics=["cost"], interval=ASKED_FOR)
    replicas = (administrator.stubs.metrics, other_metrics)
    for replica in replicas:
        for _ in range(3):  # Now it is remembered how they were admitted.
            await replica.GetMetrics(asked, metadata=metadata)
    known = (await administrator.do("RevokeToken", token_id=token_id, reason="lost")).revoked_token
    assert (known.token_id, known.reason, known.revoked_by) == (token_id, "lost", "administrator")
    await asyncio.gather(
        *(
            refused_soon(lambda r=one: r.GetMetrics(asked, metadata=metadata), "TOKEN_REVOKED")
            for one in replicas
        ),
        *(
            refused_soon(lambda r=one: list_metrics(r, workspace, metadata), "TOKEN_REVOKED")
            for one in replicas
        ),
    )
    found = await refused(list_metrics(other_metrics, workspace, metadata))
    assert (found.code, found.metadata) == (grpc.StatusCode.UNAUTHENTICATED, {})
    assert await list_metrics(other_metrics, workspace, keys.metadata(workspace))


async def test_of_one_workspace_it_ends_there_alone(
    administrator: Administrator, keys: KeyRing, token_id: str
) -> None:
    here, there = administrator.workspace, f"{administrator.workspace}-2"
    metrics = administrator.stubs.metrics
    metadata = keys.metadata(here, there, jti=token_id)
    await administrator.do("RevokeToken", token_id=token_id)
    await refused_soon(lambda: list_metrics(metrics, here, metadata), "TOKEN_REVOKED")
    assert await list_metrics(metrics, there, metadata)
    await administrator.of(SYSTEM).do("RevokeToken", token_id=token_id)
    await refused_soon(lambda: list_metrics(metrics, there, metadata), "TOKEN_REVOKED")


async def test_nobody_ends_a_token_in_others_workspaces(
    administrator: Administrator, keys: KeyRing, token_id: str
) -> None:
    mine = keys.metadata(f"{administrator.workspace}-2", jti=token_id)
    own = keys.metadata(administrator.workspace, jti=token_id)
    await administrator.do("RevokeToken", token_id=token_id)
    metrics = administrator.stubs.metrics
    await refused_soon(lambda: list_metrics(metrics, administrator.workspace, own), "TOKEN_REVOKED")
    assert await list_metrics(metrics, f"{administrator.workspace}-2", mine)


@pytest.mark.parametrize("place", ["here", "everywhere"])
async def test_a_stream_that_only_listens_is_told_and_ends(
    administrator: Administrator, client: Client, keys: KeyRing, token_id: str, place: str
) -> None:
    reader = Reader(client, BUILT_IN | {"interval": WHOLE}, heartbeat_seconds=60)
    reader.connect(keys.metadata(client.workspace, jti=token_id))
    await reader.read()
    where = client.workspace if place == "here" else SYSTEM
    await administrator.of(where).do("RevokeToken", token_id=token_id)
    began = time.monotonic()
    last = await reader.read()
    for told in (refusal_in(last.status), await refused(reader.read())):
        assert (told.code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED")
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("end", ["revoked", "expired"])
async def test_a_stream_that_sends_nothing_ends_too(
    administrator: Administrator, keys: KeyRing, token_id: str, end: str
) -> None:
    expiry = {"exp": int(time.time()) + 2} if end == "expired" else {}
    metadata = keys.metadata(administrator.workspace, jti=token_id, **expiry)
    stream = administrator.stubs.ingest.StreamRecords(metadata=metadata)
    await stream.wait_for_connection()
    if end == "revoked":
        await administrator.of(SYSTEM).do("RevokeToken", token_id=token_id)
    async with asyncio.timeout(2 * SOON):
        found = await refused(stream.read())
    assert (found.code, found.reason) == (
        grpc.StatusCode.UNAUTHENTICATED,
        f"TOKEN_{end.upper()}",
    )


async def test_what_was_revoked_is_listed_where_it_was(
    administrator: Administrator,
) -> None:
    ids = [f"token-{number}" for number in range(5)]
    for one in ids:
        await administrator.do("RevokeToken", token_id=one)
    await administrator.do("RevokeToken", token_id=ids[0], reason="again")
    found, token = [], ""
    while token or not found:
        page = await administrator.do("ListRevokedTokens", page_size=2, page_token=token)
        found += [one.token_id for one in page.revoked_tokens]
        token = page.next_page_token
    assert found == [ids[0], *reversed(ids[1:])]
    other = administrator.of(f"{administrator.workspace}-2")
    assert not (await other.do("ListRevokedTokens")).revoked_tokens


async def test_it_is_kept_until_the_token_must_have_expired(
    administrator: Administrator,
) -> None:
    def kept(answer: Any) -> float:
        return answer.revoked_token.keep_until.seconds - time.time()

    hour = {"seconds": int(time.time()) + 3600}
    assert (
        3600 <= kept(await administrator.do("RevokeToken", token_id="a", expire_time=hour)) < 3700
    )
    week = {"seconds": int(time.time()) + 7 * 86_400}
    for fields in ({}, {"expire_time": week}):
        answer = await administrator.do("RevokeToken", token_id="a", **fields)
        assert 86_400 - 5 < kept(answer) < 86_500
    past = {"seconds": int(time.time()) - 1}
    found = await refused(administrator.do("RevokeToken", token_id="a", expire_time=past))
    assert (found.reason, found.fields) == ("VALIDATION_FAILED", ("expire_time",))


@pytest.mark.parametrize("wrong", ["", "a b", "a\n", "x" * 257])
async def test_what_no_token_has_for_an_id_is_refused(
    administrator: Administrator, keys: KeyRing, wrong: str
) -> None:
    found = await refused(administrator.do("RevokeToken", token_id=wrong))
    assert (found.reason, found.fields) == ("VALIDATION_FAILED", ("token_id",))
    metadata = keys.metadata(administrator.workspace, jti=wrong)
    call = list_metrics(administrator.stubs.metrics, administrator.workspace, metadata)
    found = await refused(call)
    assert (found.reason, found.metadata) == ("TOKEN_INVALID", {"check": "id"})


@pytest.fixture
def second(database_url: str) -> Iterator[Any]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


async def test_numbers_are_committed_in_their_order(database_url: str, second: Any) -> None:
    """Who holds a lower number delays the higher ones, so that no follower passes it by."""
    until = datetime.now(UTC) + timedelta(hours=1)
    revocations = Revocations()

    async def revoke(database: Database, workspace: str) -> None:
        async with database.writing(workspace) as session:
            await revoke_in(session, "t", "", "a", until)

    async with (
        database_of(database_url) as database,
        open_revocations(settings_of(database_url)) as read,
    ):
        async with database.writing("slow") as session:
            await revoke_in(session, "t", "", "a", until)
            quick = asyncio.create_task(revoke(database, "quick"))
            await asyncio.sleep(0.3)
            assert not quick.done()
            assert await read(0, 9) == []
        await quick
        found = await read(0, 9)
        revocations.learn(found)
        assert [one.workspace_id for one in found] == ["slow", "quick"]
        assert await read(found[-1].number, 9) == []
    assert revocations.has(("t",), "slow")
    assert not revocations.has(("t",), "other")


async def test_a_workspace_that_is_full_may_still_end_its_keys(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.warehouse.access.revocations.MOST_OF_A_WORKSPACE", 2)
    until = datetime.now(UTC) + timedelta(hours=1)
    async with database_of(database_url) as database:
        for token_id in ("a", "b", "a"):
            async with database.writing("w") as session:
                await revoke_in(session, token_id, "", "x", until)
        with pytest.raises(Exception, match="there may be 2 revoked tokens"):
            async with database.writing("w") as session:
                await revoke_in(session, "c", "", "x", until)
        async with database.writing("w") as session:
            await end_tokens(session, ["api-key:k", "api-key:l"], "deleted", "x", until)
        async with open_revocations(settings_of(database_url)) as read:
            ended = [one.token_id for one in await read(0, 9)]
        assert sorted(ended) == ["a", "api-key:k", "api-key:l", "b"]
