"""Programs come in by keys: for what they may do, as long as they may, and by no other word."""

import asyncio
import base64
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import psycopg
import pytest
from google.rpc.status_pb2 import Status
from shadower.agents.v1.agents_service_pb2 import ListAgentsRequest
from shadower.common.v1 import permission_pb2 as permission

from services.access.secrets import PREFIX, hash_of, key_of, new_id, new_secret
from services.access.uses import Uses
from services.runtime.pool import KEEPER_ROLE, open_pool
from services.warehouse.access import api_keys
from services.warehouse.access.keeping import Keeper
from services.warehouse.database import Database
from tests.support.access import (
    Administrator,
    check,
    denied_soon,
    exchanged,
    list_metrics,
    reason_of,
    refusal_by,
    refused_soon,
)
from tests.support.bus import database_of, settings_of
from tests.support.errors import refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.stack import Stack

READ = permission.PERMISSION_METRICS_READ


@pytest.fixture
def administrator(stack: Stack, keys: KeyRing, workspace: str) -> Administrator:
    return Administrator(stack.stubs, keys, workspace)


@pytest.fixture
async def made(administrator: Administrator) -> Any:
    """A key that may read metrics."""
    return await administrator.do("CreateApiKey", display_name="robot", permissions=[READ])


def reading(administrator: Administrator, metadata: Any) -> Any:
    return list_metrics(administrator.stubs.metrics, administrator.workspace, metadata)


async def test_a_key_lets_a_program_in_for_what_it_may(
    administrator: Administrator, made: Any
) -> None:
    metadata = await exchanged(administrator.stubs, made.secret)
    assert await reading(administrator, metadata)
    asked = ListAgentsRequest(workspace_id=administrator.workspace)
    found = await refused(administrator.stubs.agents.ListAgents(asked, metadata=metadata))
    assert (found.reason, found.metadata) == ("PERMISSION_MISSING", {"permission": "agents:read"})
    other = list_metrics(administrator.stubs.metrics, f"{administrator.workspace}-2", metadata)
    assert (await refused(other)).reason == "WORKSPACE_DENIED"


async def test_a_bearer_token_may_be_a_key_and_is_exchanged_once(
    administrator: Administrator, made: Any
) -> None:
    answer = await check(administrator.stubs, authorization=f"Bearer {made.secret}")
    first = [(one.header.key, one.header.value) for one in answer.ok_response.headers]
    assert first == list(await exchanged(administrator.stubs, made.secret))


async def test_a_key_is_described_without_its_secret(
    administrator: Administrator, made: Any
) -> None:
    [listed] = (await administrator.do("ListApiKeys")).api_keys
    assert listed == made.api_key
    assert listed.prefix == PREFIX + listed.api_key_id == made.secret.rpartition("_")[0]
    assert (listed.display_name, listed.created_by) == ("robot", "administrator")
    assert (list(listed.permissions), len(listed.secrets)) == ([READ], 1)
    assert not listed.HasField("expire_time")
    assert not listed.HasField("last_use_time")


async def test_without_a_word_a_key_may_what_a_service_may(administrator: Administrator) -> None:
    made = await administrator.do("CreateApiKey", display_name="robot")
    role = permission.Role.DESCRIPTOR.values_by_name["ROLE_SERVICE"]
    granted = role.GetOptions().Extensions[permission.role_grants]
    assert set(made.api_key.permissions) == set(granted)


def everything_stored(url: str) -> str:
    """All rows of all tables, as text and as the bytes that they hold."""
    tables = """select relname from pg_class
        where relnamespace = 'shadower'::regnamespace and relkind in ('r', 'p')"""
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(tables)]
        assert "api_key_secrets" in names
        rows = [
            str(text)
            for name in names
            for (text,) in connection.execute(f'select t::text from shadower."{name}" t')
        ]
    return "\n".join(rows)


async def test_the_secret_is_kept_nowhere(
    stack: Stack, administrator: Administrator, made: Any
) -> None:
    await exchanged(administrator.stubs, made.secret)
    replaced = await administrator.do("RotateApiKey", api_key_id=made.api_key.api_key_id)
    stored = everything_stored(stack.database_url)
    logged = "\n".join(one.log.read_text(errors="replace") for one in stack.running.values())
    assert made.api_key.api_key_id in stored
    assert hash_of(made.secret).hex() in stored
    for secret in (made.secret, replaced.secret):
        random = secret.rpartition("_")[2]
        for kept in (random, random[:12], random.encode().hex()):
            assert kept not in stored
            assert kept not in logged


def of_another_sum(secret: str) -> str:
    return secret[:-1] + ("0" if secret[-1] != "0" else "1")


@pytest.mark.parametrize("wrong", ["nothing", "sum", "other", "unknown", "long", "jwt"])
async def test_a_wrong_key_is_refused_as_by_the_edge(
    administrator: Administrator, made: Any, keys: KeyRing, wrong: str
) -> None:
    secret = {
        "nothing": "",
        "sum": of_another_sum(made.secret),
        "other": new_secret(made.api_key.api_key_id),
        "unknown": new_secret(new_id()),
        "long": made.secret + "0",
        "jwt": keys.token("w"),
    }[wrong]
    answer = await check(administrator.stubs, x_api_key=secret)
    found = refusal_by(answer)
    assert (found.code, found.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")
    assert not answer.HasField("ok_response")


async def test_a_call_of_grpc_is_refused_in_its_own_words(administrator: Administrator) -> None:
    headers = {"x_api_key": "no", "content_type": "application/grpc+proto"}
    denied = (await check(administrator.stubs, **headers)).denied_response
    [details] = denied.headers
    assert details.header.key == "grpc-status-details-bin"
    status = Status.FromString(base64.b64decode(details.header.value))
    assert (refusal_in(status).reason, denied.body) == ("API_KEY_INVALID", status.message)


async def test_a_key_expires_and_its_token_with_it(administrator: Administrator) -> None:
    end = int(time.time()) + 2
    fields = {"display_name": "k", "permissions": [READ], "expire_time": {"seconds": end}}
    made = await administrator.do("CreateApiKey", **fields)
    metadata = await exchanged(administrator.stubs, made.secret)
    assert await reading(administrator, metadata)
    while time.time() < end:
        assert await reason_of(reading(administrator, metadata)) in ("", "TOKEN_EXPIRED")
    assert await reason_of(reading(administrator, metadata)) == "TOKEN_EXPIRED"
    found = refusal_by(await check(administrator.stubs, x_api_key=made.secret))
    assert found.reason == "API_KEY_EXPIRED"


async def test_while_a_key_is_rotated_both_secrets_are_good(
    administrator: Administrator, made: Any
) -> None:
    replaced = await administrator.do("RotateApiKey", api_key_id=made.api_key.api_key_id)
    assert replaced.secret != made.secret
    for secret in (made.secret, replaced.secret):
        assert await reading(administrator, await exchanged(administrator.stubs, secret))
    new, old = replaced.api_key.secrets
    assert not new.HasField("good_until")
    assert abs(old.good_until.seconds - time.time() - 86_400) < 60


async def test_after_its_grace_a_secret_is_no_good(administrator: Administrator, made: Any) -> None:
    key_id = made.api_key.api_key_id
    await administrator.do("RotateApiKey", api_key_id=key_id, grace_period={"seconds": 1})
    # A second rotation does not give it longer.
    last = await administrator.do("RotateApiKey", api_key_id=key_id)
    assert len(last.api_key.secrets) == 3
    await asyncio.sleep(1.2)
    found = refusal_by(await check(administrator.stubs, x_api_key=made.secret))
    assert found.reason == "API_KEY_EXPIRED"
    assert await exchanged(administrator.stubs, last.secret)


async def test_without_grace_a_secret_and_its_tokens_end_at_once(
    administrator: Administrator, made: Any
) -> None:
    old = await exchanged(administrator.stubs, made.secret)
    assert await reading(administrator, old)
    key_id = made.api_key.api_key_id
    last = await administrator.do("RotateApiKey", api_key_id=key_id, grace_period={})
    await refused_soon(lambda: reading(administrator, old), "TOKEN_REVOKED")
    found = await denied_soon(administrator.stubs, made.secret)
    assert found.reason == "API_KEY_INVALID"
    assert await reading(administrator, await exchanged(administrator.stubs, last.secret))


async def test_a_key_that_is_deleted_and_its_tokens_end(
    administrator: Administrator, made: Any
) -> None:
    metadata = await exchanged(administrator.stubs, made.secret)
    assert await reading(administrator, metadata)
    key_id = made.api_key.api_key_id
    await administrator.do("DeleteApiKey", api_key_id=key_id)
    await refused_soon(lambda: reading(administrator, metadata), "TOKEN_REVOKED")
    found = await denied_soon(administrator.stubs, made.secret)
    assert found.reason == "API_KEY_INVALID"
    assert not (await administrator.do("ListApiKeys")).api_keys
    again = await refused(administrator.do("DeleteApiKey", api_key_id=key_id))
    assert (again.reason, again.metadata) == ("API_KEY_NOT_FOUND", {"apiKeyId": key_id})


async def test_keys_of_another_workspace_are_not_there(
    administrator: Administrator, made: Any
) -> None:
    other = administrator.of(f"{administrator.workspace}-2")
    assert not (await other.do("ListApiKeys")).api_keys
    for rpc in ("RotateApiKey", "DeleteApiKey"):
        found = await refused(other.do(rpc, api_key_id=made.api_key.api_key_id))
        assert found.reason == "API_KEY_NOT_FOUND"
    assert await exchanged(administrator.stubs, made.secret)


async def test_nobody_hands_on_what_they_have_not(
    administrator: Administrator, keys: KeyRing
) -> None:
    less = keys.metadata(administrator.workspace, role="viewer", permissions=["api_keys:write"])
    for fields in ({}, {"permissions": [READ, permission.PERMISSION_INGEST_WRITE]}):
        found = await refused(
            administrator.do("CreateApiKey", metadata=less, display_name="k", **fields)
        )
        assert (found.code, found.reason) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "PERMISSION_MISSING",
        )
    assert not (await administrator.do("ListApiKeys")).api_keys
    strong = await administrator.do("CreateApiKey", display_name="k")
    rotating = administrator.do("RotateApiKey", metadata=less, api_key_id=strong.api_key.api_key_id)
    assert (await refused(rotating)).reason == "PERMISSION_MISSING"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "k", "permissions": [0]}, "permissions"),
        ({"display_name": "k", "permissions": [READ, READ]}, "permissions"),
        ({"display_name": "k", "expire_time": {"seconds": 1}}, "expire_time"),
    ],
)
async def test_what_makes_no_key_is_refused(
    administrator: Administrator, fields: dict[str, Any], field: str
) -> None:
    found = await refused(administrator.do("CreateApiKey", **fields))
    assert found.reason == "VALIDATION_FAILED"
    assert [re.sub(r"\[.*", "", one) for one in found.fields] == [field]


async def test_keys_are_listed_in_pages(administrator: Administrator) -> None:
    for number in range(5):
        await administrator.do("CreateApiKey", display_name=f"k{number}")
    found, token = [], ""
    while token or not found:
        page = await administrator.do("ListApiKeys", page_size=2, page_token=token)
        found += [one.display_name for one in page.api_keys]
        token = page.next_page_token
    assert found == ["k4", "k3", "k2", "k1", "k0"]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with database_of(database_url) as database:
        yield database


async def kept(database: Database, secret: str, expires_at: Any = None) -> api_keys.ApiKey:
    new = api_keys.NewKey(
        key_of(secret) or "", "k", ["metrics:read"], "a", expires_at, hash_of(secret)
    )
    async with database.writing("w") as session:
        return await api_keys.create_key(session, new)


async def test_keys_and_secrets_are_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MOST_KEYS", 2)
    monkeypatch.setattr(api_keys, "MOST_SECRETS", 2)
    key = await kept(database, new_secret(new_id()))
    await kept(database, new_secret(new_id()))
    with pytest.raises(Exception, match="there may be 2 API keys"):
        await kept(database, new_secret(new_id()))

    async def rotate() -> None:
        async with database.writing("w") as session:
            await api_keys.rotate_key(session, key.api_key_id, b"h", timedelta(hours=1))

    await rotate()
    with pytest.raises(Exception, match="there may be 2 secrets"):
        await rotate()


async def test_the_last_use_is_kept_to_the_minute(database_url: str, database: Database) -> None:
    key = await kept(database, new_secret(new_id()))
    async with open_pool(settings_of(database_url), KEEPER_ROLE) as pool:
        keeper = Keeper(pool)
        uses = Uses(keeper.note_uses)
        before = datetime.now(UTC).replace(second=0, microsecond=0)
        for _ in range(1000):
            uses.note("w", key.api_key_id)
        uses.note("other", key.api_key_id)
        await uses.flush()
        # Whoever is late does not turn it back.
        await keeper.note_uses({("w", key.api_key_id): before - timedelta(hours=1)})
    async with database.reading("w") as session:
        used = (await api_keys.get_key(session, key.api_key_id)).last_used_at
    assert used in (before, before + timedelta(minutes=1))
