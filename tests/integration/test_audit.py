"""What was administered and denied is written down, and stays as it was written."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from shadower.access.v1 import access_service_pb2 as pb
from shadower.access.v1.access_service_pb2_grpc import (
    AccessServiceServicer,
    AccessServiceStub,
    add_AccessServiceServicer_to_server,
)
from shadower.common.v1.error_reason_pb2 import ErrorReason

from services.runtime.audit import AuditEntry, RefusedEntryError, WriteAudit
from services.runtime.chain import Chain
from services.runtime.faults import NotFound, Unavailable
from services.runtime.guarding import GuardedServer
from services.runtime.interceptors import audit_writing, standard_chain
from services.runtime.interceptors.audit import Audit
from services.runtime.settings import Settings
from services.runtime.validator import MessageValidator
from services.warehouse.access.audit import write_entries
from tests.support.access import Administrator, list_metrics, reason_of
from tests.support.bus import database_of
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.runs import SOME_TIME, Client, run
from tests.support.stack import Stack
from tests.support.verifying import verifier_of

SERVICE = "/shadower.access.v1.AccessService"
SECONDS = 10


@pytest.fixture
def administrator(stack: Stack, keys: KeyRing, workspace: str) -> Administrator:
    return Administrator(stack.stubs, keys, workspace)


async def entries(administrator: Administrator, **asked: Any) -> list[Any]:
    return list((await administrator.do("ListAuditEntries", filter=asked)).audit_entries)


async def denied(administrator: Administrator, number: int) -> list[Any]:
    """Denials are written a moment later."""
    found = await entries(administrator, code=7)
    async with asyncio.timeout(SECONDS):
        while len(found) < number:
            await asyncio.sleep(0.1)
            found = await entries(administrator, code=7)
    return found


async def test_who_administered_what_is_known_when_it_is_done(
    administrator: Administrator, keys: KeyRing
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    metadata = keys.metadata(administrator.workspace, sub="ada", jti="ada-7")
    traced = (*metadata, ("traceparent", f"00-{trace}-00f067aa0ba902b7-01"))
    began = time.time()
    fields = {"display_name": "robot", "permissions": [1, 5]}
    made = await administrator.do("CreateApiKey", metadata=traced, **fields)
    [entry] = await entries(administrator)
    assert (entry.subject, entry.token_id, entry.request_id) == ("ada", "ada-7", trace)
    assert (entry.rpc, entry.code, entry.reason, entry.calls) == (
        f"{SERVICE}/CreateApiKey",
        0,
        0,
        1,
    )
    assert began - 1 < entry.time.seconds <= time.time()
    assert dict(entry.facts) == {
        "displayName": "robot",
        "permissions": "PERMISSION_METRICS_READ,PERMISSION_INGEST_WRITE",
        "apiKeyId": made.api_key.api_key_id,
    }


async def test_what_failed_is_known_with_its_reason(administrator: Administrator) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await administrator.do("DeleteApiKey", api_key_id="0" * 24)
    with pytest.raises(grpc.aio.AioRpcError):
        await administrator.do("DeleteApiKey", api_key_id="x" * 1000)
    wrong, missing = await entries(administrator)
    not_found = ErrorReason.ERROR_REASON_API_KEY_NOT_FOUND
    assert (missing.code, missing.reason) == (grpc.StatusCode.NOT_FOUND.value[0], not_found)
    assert wrong.reason == ErrorReason.ERROR_REASON_VALIDATION_FAILED
    assert dict(wrong.facts) == {"apiKeyId": "x" * 200}


async def test_reading_and_recording_are_not_written_down(client: Client, keys: KeyRing) -> None:
    await client.record([run("r", SOME_TIME)])
    administrator = Administrator(client.stubs, keys, client.workspace)
    await list_metrics(client.stubs.metrics, client.workspace, client.metadata)
    await administrator.do("ListApiKeys")
    assert await entries(administrator) == []


async def test_who_was_denied_what_is_known(administrator: Administrator, keys: KeyRing) -> None:
    viewer = keys.metadata(administrator.workspace, role="viewer", sub="eve")
    revoking = administrator.do("RevokeToken", metadata=viewer, token_id="t")
    assert await reason_of(revoking) == "PERMISSION_MISSING"
    [entry] = await denied(administrator, 1)
    assert (entry.subject, entry.rpc) == ("eve", f"{SERVICE}/RevokeToken")
    assert entry.reason == ErrorReason.ERROR_REASON_PERMISSION_MISSING
    assert dict(entry.facts) == {"tokenId": "t"}
    assert (await administrator.do("ListRevokedTokens")).revoked_tokens == []


async def test_strangers_are_known_where_there_is_something(
    client: Client, keys: KeyRing, workspace: str
) -> None:
    await client.record([run("r", SOME_TIME)])
    stranger = keys.metadata("elsewhere", sub="mallory")
    for place in ("\x00", "a b", "w" * 65, f"{workspace}-nowhere", client.workspace):
        call = list_metrics(client.stubs.metrics, place, stranger)
        assert await reason_of(call) == "WORKSPACE_DENIED"
    [entry] = await denied(Administrator(client.stubs, keys, client.workspace), 1)
    assert entry.subject == "mallory"
    nowhere = Administrator(client.stubs, keys, f"{workspace}-nowhere")
    assert await entries(nowhere) == []


async def test_another_workspaces_log_is_not_seen(
    administrator: Administrator, keys: KeyRing
) -> None:
    await administrator.do("RevokeToken", token_id="t")
    other = administrator.of(f"{administrator.workspace}-2")
    assert await entries(other) == []
    assert await other.do("ExportAuditEntries") == []


@pytest.fixture
async def logged(administrator: Administrator, keys: KeyRing) -> Administrator:
    """Three revocations by two people, and one that found nothing."""
    for subject, token_id in (("ada", "a"), ("bob", "b"), ("ada", "c")):
        metadata = keys.metadata(administrator.workspace, sub=subject)
        await administrator.do("RevokeToken", metadata=metadata, token_id=token_id)
    with pytest.raises(grpc.aio.AioRpcError):
        await administrator.do("DeleteApiKey", api_key_id="0" * 24)
    return administrator


async def test_entries_are_found_by_what_they_say(logged: Administrator) -> None:
    async def told(**asked: Any) -> list[str]:
        return [one.facts.get("tokenId", "") for one in await entries(logged, **asked)]

    first = (await entries(logged))[-1].time
    assert await told() == ["", "c", "b", "a"]
    assert await told(subject="ada") == ["c", "a"]
    assert await told(subject="ada", rpc=f"{SERVICE}/DeleteApiKey") == []
    assert await told(rpc=f"{SERVICE}/RevokeToken") == ["c", "b", "a"]
    assert (await told(code=5), await told(code=0)) == ([""], ["c", "b", "a"])
    assert await told(end_time=first) == []
    assert await told(start_time=first, subject="ada") == ["c", "a"]


async def test_entries_come_in_pages_and_as_a_whole(logged: Administrator) -> None:
    found, token, since = [], "", {"start_time": {"seconds": 1}, "subject": ""}
    while token or not found:
        page = await logged.do("ListAuditEntries", page_size=1, page_token=token, filter=since)
        found += page.audit_entries
        token = page.next_page_token
    assert len(found) == 4
    [part] = await logged.do("ExportAuditEntries")
    assert list(part.audit_entries) == found[::-1]


@pytest.fixture
def as_service(database_url: str) -> Iterator[Any]:
    """A session of a service in a workspace with an entry."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set search_path to shadower; set role shadower_service")
        connection.execute("set shadower.workspace_id = 'w'")
        connection.execute(
            """insert into audit_entries (workspace_id, occurred_at, entry_id, subject, token_id,
            rpc, code, reason, request_id)
            values ('w', now(), gen_random_uuid(), 'a', '', '', 0, '', '')"""
        )
        yield connection


@pytest.mark.parametrize("role", ["service", "relay", "follower", "keeper"])
@pytest.mark.parametrize(
    "change",
    [
        "update audit_entries set subject = 'b'",
        "delete from audit_entries",
        "truncate audit_entries",
        "insert into audit_entries select * from audit_entries on conflict (workspace_id, "
        "occurred_at, entry_id) do update set subject = 'b'",
    ],
    ids=["update", "delete", "truncate", "upsert"],
)
def test_nobody_who_serves_changes_what_was_written(
    as_service: Any, role: str, change: str
) -> None:
    as_service.execute(f"reset role; set role shadower_{role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_service.execute(change)


async def test_an_entry_that_is_written_again_stays(database_url: str) -> None:
    """As it is if nobody heard that it was written."""
    entry = made_up_entry("w")
    async with database_of(database_url) as database:
        await write_entries(database, [entry, made_up_entry("v")])
        await write_entries(database, [entry])
    with psycopg.connect(database_url) as connection:
        query = "select workspace_id, calls from shadower.audit_entries order by 1"
        assert connection.execute(query).fetchall() == [("v", 1), ("w", 1)]


def made_up_entry(workspace: str) -> AuditEntry:
    return AuditEntry(
        workspace, datetime.now(UTC), uuid.uuid4(), "a", "t", "/r", 0, "", "q", {"k": "v"}
    )


class Servicer(AccessServiceServicer):
    """Does as it is told."""

    def __init__(self) -> None:
        self.is_working = asyncio.Event()

    async def RevokeToken(self, request: Any, context: Any) -> pb.RevokeTokenResponse:
        if request.reason == "slow":
            self.is_working.set()
            await asyncio.sleep(SECONDS)
        if request.reason == "fail":
            raise NotFound("API_KEY_NOT_FOUND", "it is not there")
        return pb.RevokeTokenResponse()

    async def ListRevokedTokens(self, request: Any, context: Any) -> pb.ListRevokedTokensResponse:
        return pb.ListRevokedTokensResponse()


class Log:
    """Where entries go, if it is not down."""

    def __init__(self) -> None:
        self.is_down = False
        self.hangs = False
        self.is_asked = asyncio.Event()
        self.refuses = ""
        self.written: list[AuditEntry] = []

    async def write(self, some: Sequence[AuditEntry]) -> None:
        self.is_asked.set()
        if self.hangs:
            await asyncio.sleep(SECONDS)
        if self.refuses in [one.facts.get("tokenId") for one in some]:
            raise RefusedEntryError("it is not well-formed")
        if self.is_down:
            raise Unavailable("DATABASE_UNAVAILABLE", "it is down")
        self.written += some


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def servicer() -> Servicer:
    return Servicer()


@pytest.fixture
async def stub(keys: KeyRing, log: Log, servicer: Servicer, tmp_path: Path) -> AsyncIterator[Any]:
    jwks = keys.write_jwks(tmp_path / "jwks.json")
    settings = Settings(DATABASE_URL="unused", jwks_file=jwks, log_level="error")
    write: WriteAudit = log.write
    audit = Audit(write)
    chain = Chain(
        standard_chain(settings, await verifier_of(settings), MessageValidator(), audit), 1
    )
    server = grpc.aio.server()
    add_AccessServiceServicer_to_server(servicer, GuardedServer(server, chain, {}))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    following = asyncio.create_task(audit.follow())
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield AccessServiceStub(channel)
    await server.stop(None)
    following.cancel()


async def written(log: Log, number: int) -> list[AuditEntry]:
    """Those that waited are written a moment later."""
    async with asyncio.timeout(SECONDS):
        while len(log.written) < number:  # noqa: ASYNC110 - the log is a list
            await asyncio.sleep(0.05)
    return log.written


async def test_what_cannot_be_written_down_is_not_said_to_be_done(
    stub: Any, log: Log, keys: KeyRing
) -> None:
    metadata = keys.metadata("w")
    request = pb.RevokeTokenRequest(workspace_id="w", token_id="t")
    log.is_down = True
    found = await refused(stub.RevokeToken(request, metadata=metadata))
    assert (found.code, found.reason) == (grpc.StatusCode.UNAVAILABLE, "AUDIT_UNAVAILABLE")
    assert found.retry_seconds == 1
    assert await stub.ListRevokedTokens(
        pb.ListRevokedTokensRequest(workspace_id="w"), metadata=metadata
    )
    # What failed anyway keeps its reason, and is written when that can be.
    request.reason = "fail"
    found = await refused(stub.RevokeToken(request, metadata=metadata))
    assert found.reason == "API_KEY_NOT_FOUND"
    log.is_down = False
    told = [(14, "AUDIT_UNAVAILABLE"), (5, "API_KEY_NOT_FOUND")]
    assert [(one.code, one.reason) for one in await written(log, 2)] == told
    request.reason = ""
    await stub.RevokeToken(request, metadata=metadata)
    assert [one.code for one in log.written] == [14, 5, 0]


def revoking(token_id: str, reason: str = "") -> pb.RevokeTokenRequest:
    return pb.RevokeTokenRequest(workspace_id="w", token_id=token_id, reason=reason)


async def test_whoever_hangs_up_does_not_get_by_unseen(
    stub: Any, log: Log, servicer: Servicer, keys: KeyRing
) -> None:
    """While the servicer works, and while what it did is being written down."""
    working = stub.RevokeToken(revoking("worked", "slow"), metadata=keys.metadata("w"))
    await servicer.is_working.wait()
    working.cancel()
    [entry] = await written(log, 1)
    assert (entry.code, entry.reason, entry.facts["tokenId"]) == (1, "", "worked")
    log.is_asked.clear()
    log.hangs = True
    writing = stub.RevokeToken(revoking("done"), metadata=keys.metadata("w"))
    await log.is_asked.wait()
    writing.cancel()
    await asyncio.sleep(0.1)
    log.hangs = False
    _, entry = await written(log, 2)
    assert (entry.code, entry.facts["tokenId"]) == (0, "done")
    await asyncio.sleep(1.2)
    assert len(log.written) == 2


async def test_a_log_that_hangs_is_not_waited_for(
    stub: Any, log: Log, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_writing, "WRITE_SECONDS", 0.3)
    log.hangs = True
    for reason, told in (("", "AUDIT_UNAVAILABLE"), ("fail", "API_KEY_NOT_FOUND")):
        call = stub.RevokeToken(revoking("t", reason), metadata=keys.metadata("w"), timeout=2)
        assert (await refused(call)).reason == told
    log.hangs = False
    assert [one.code for one in await written(log, 2)] == [14, 5]


async def test_what_the_log_never_takes_holds_up_nothing_else(
    stub: Any, log: Log, keys: KeyRing
) -> None:
    log.is_down = True
    log.refuses = "odd"
    for token_id in ("a", "odd", "b"):
        call = stub.RevokeToken(revoking(token_id), metadata=keys.metadata("w"))
        assert (await refused(call)).reason == "AUDIT_UNAVAILABLE"
    log.is_down = False
    assert [one.facts["tokenId"] for one in await written(log, 2)] == ["a", "b"]
    # The process goes on, and so does who writes.
    await stub.RevokeToken(revoking("c"), metadata=keys.metadata("w"))


async def test_a_sick_database_is_one_that_may_be_asked_again(database_url: str) -> None:
    """Without a right, say, as before its roles are granted what they need."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("revoke insert on shadower.audit_entries from shadower_service")
        try:
            async with database_of(database_url) as database:
                with pytest.raises(Unavailable):
                    await write_entries(database, [made_up_entry("w")])
        finally:
            connection.execute("grant insert on shadower.audit_entries to shadower_service")


async def test_an_entry_that_is_none_is_told_apart(database_url: str) -> None:
    odd = replace(made_up_entry("w"), subject="a\x00")
    async with database_of(database_url) as database:
        with pytest.raises(RefusedEntryError):
            await write_entries(database, [made_up_entry("w"), odd])
