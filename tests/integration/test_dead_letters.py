"""DeadLettersService: what could not be handled is listed and shown."""

import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from shadower.bus.v1.dead_letter_pb2 import DEAD_LETTER_SOURCE_BUS as BUS
from shadower.bus.v1.dead_letter_pb2 import DEAD_LETTER_SOURCE_LOG as LOG
from shadower.common.v1.error_reason_pb2 import ErrorReason
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE, DeadLetter, Source
from services.runtime.pool import RELAY_ROLE, connect
from services.warehouse.bus.dead_letters import (
    FiledLetter,
    LettersQuery,
    bury,
    bury_alone,
    list_letters,
    mark_replayed,
)
from services.warehouse.database import Database
from tests.support.bus import settings_of
from tests.support.dead_letters import UNKNOWN, Operator, ids_of
from tests.support.errors import refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.stack import Stack


async def filed(database: Database, letter: DeadLetter, count: int) -> list[str]:
    """Ids of letters that differ by content, from the log and the bus in turn; latest first."""
    sources = [Source.LOG, Source.BUS] * count
    many = [replace(letter, payload=bytes([n]), source=sources[n]) for n in range(count)]
    for one in many:
        await bury_alone(database, one)
    return [str(one.id) for one in reversed(many)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
async def test_pages_hold_every_letter_once(
    operator: Operator, shared_database: Database, a_letter: DeadLetter, size: int
) -> None:
    ids = await filed(shared_database, a_letter, 7)
    found, token = [], ""
    for _ in range(8):
        page = await operator.list(page_size=size, page_token=token)
        assert len(page.dead_letters) <= size
        found += ids_of(page)
        token = page.next_page_token
        if not token:
            break
    assert found == ids


async def test_letters_are_found_by_source_and_replay(
    operator: Operator, shared_database: Database, a_letter: DeadLetter
) -> None:
    ids = await filed(shared_database, a_letter, 5)
    assert ids_of(await operator.list(source=LOG)) == ids[::2]
    assert ids_of(await operator.list(source=BUS)) == ids[1::2]
    marking = "update dead_letters set replayed_at = now() where dead_letter_id = $1"
    async with shared_database.writing(operator.workspace) as session:
        await session.connection.execute(marking, uuid.UUID(ids[2]))
    assert ids_of(await operator.list(replayed=True)) == [ids[2]]
    assert ids_of(await operator.list(replayed=False)) == ids[:2] + ids[3:]
    assert ids_of(await operator.list(replayed=False, source=LOG)) == [ids[0], ids[4]]


async def test_a_token_fits_its_query_only(
    operator: Operator, shared_database: Database, a_letter: DeadLetter
) -> None:
    await filed(shared_database, a_letter, 3)
    token = (await operator.list(page_size=1)).next_page_token
    for fields in ({"source": LOG, "page_token": token}, {"page_token": "WzEsMl0"}):
        found = await refused(operator.list(**fields))
        assert (found.code.name, found.reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")


async def test_a_letter_is_shown_whole(
    operator: Operator, shared_database: Database, workspace: str
) -> None:
    run = Execution(execution_id="run-1", agent_id="a")
    record = LogRecord(schema_version=1, workspace_id=workspace, executions=[run])
    letter = DeadLetter(
        workspace_id=workspace,
        source=Source.LOG,
        reason="RECORD_UNWRITABLE",
        message="why",
        payload=record.SerializeToString(),
        position=2**40,
        key=workspace.encode(),
        topic="t",
        partition=0,
        attempts=2,
    )
    await bury_alone(shared_database, letter)
    await bury_alone(shared_database, letter)
    answer = await operator.get(letter.id)
    assert list((await operator.list()).dead_letters) == [answer.dead_letter]
    told = answer.dead_letter
    assert (told.source, told.topic, told.partition, told.position) == (LOG, "t", 0, 2**40)
    assert (told.reason, told.message) == (ErrorReason.ERROR_REASON_RECORD_UNWRITABLE, "why")
    assert (told.attempts, told.group, told.HasField("replay_time")) == (2, "", False)
    assert told.payload_bytes == len(letter.payload)
    assert (answer.content.key, answer.content.payload) == (workspace.encode(), letter.payload)
    assert ParseDict(json.loads(answer.content.decoded), LogRecord()) == record


@pytest.mark.parametrize("payload", [b"", b"\xff\xff", b"x" * (2 * 1024 * 1024)])
async def test_what_cannot_be_decoded_is_shown_as_it_is(
    operator: Operator, shared_database: Database, a_letter: DeadLetter, payload: bytes
) -> None:
    strange = replace(a_letter, payload=payload)
    await bury_alone(shared_database, strange)
    answer = await operator.get(strange.id)
    assert answer.dead_letter.payload_bytes == len(payload)
    assert not answer.dead_letter.HasField("partition")
    assert answer.content.payload == payload[: 64 * 1024]
    assert answer.content.decoded == ""


async def test_letters_of_other_workspaces_are_not_there(
    stack: Stack, keys: KeyRing, shared_database: Database, a_letter: DeadLetter
) -> None:
    await bury_alone(shared_database, a_letter)
    stranger = Operator(stack.stubs.bus, keys, f"{a_letter.workspace_id}-other")
    assert ids_of(await stranger.list()) == []
    for call in (stranger.get(a_letter.id), stranger.get(UNKNOWN)):
        found = await refused(call)
        assert (found.code, found.reason) == (grpc.StatusCode.NOT_FOUND, "DEAD_LETTER_NOT_FOUND")
    results = await stranger.replay(a_letter.id)
    assert refusal_in(results[0].error).reason == "DEAD_LETTER_NOT_FOUND"


async def test_letters_of_no_workspace_lie_with_the_system(
    stack: Stack, keys: KeyRing, shared_database: Database, a_letter: DeadLetter
) -> None:
    of_nobody = replace(a_letter, workspace_id=SYSTEM_WORKSPACE)
    await bury_alone(shared_database, of_nobody)
    system = Operator(stack.stubs.bus, keys, SYSTEM_WORKSPACE)
    assert str(of_nobody.id) in ids_of(await system.list())


Bury = Callable[[DeadLetter], Awaitable[None]]


@pytest.fixture(params=["service", "relay"])
async def buried(
    request: pytest.FixtureRequest, stack: Stack, shared_database: Database
) -> AsyncIterator[Bury]:
    """By those who are in the letter's workspace, and by those who file for all."""
    if request.param == "service":
        yield partial(bury_alone, shared_database)
        return
    connection = await connect(settings_of(stack.database_url), RELAY_ROLE)
    yield partial(bury, connection)
    await connection.close()


async def test_what_comes_again_is_one_letter_that_is_counted(
    operator: Operator, a_letter: DeadLetter, buried: Bury
) -> None:
    places = [a_letter.position + n for n in (0, 1, 1, 7, 7, 3)]
    for number, place in enumerate(places):
        await buried(replace(a_letter, position=place, message=f"message {number}"))
    [told] = (await operator.list()).dead_letters
    assert told.dead_letter_id == str(a_letter.id)
    assert (told.occurrences, told.position) == (3, a_letter.position + 7)
    assert told.message == "message 3"
    assert told.fail_time.ToNanoseconds() < told.last_fail_time.ToNanoseconds()


async def test_what_comes_once_is_counted_once(
    operator: Operator, a_letter: DeadLetter, buried: Bury
) -> None:
    await buried(a_letter)
    [told] = (await operator.list()).dead_letters
    assert (told.occurrences, told.last_fail_time) == (1, told.fail_time)


@pytest.mark.parametrize(
    "other",
    [
        {"payload": b"x"},
        {"key": b"x"},
        {"reason": "RECORD_UNWRITABLE"},
        {"group": "x"},
        {"topic": "x"},
        {"partition": 1},
        {"source": Source.BUS},
    ],
)
async def test_what_differs_is_another_letter(
    operator: Operator, shared_database: Database, a_letter: DeadLetter, other: dict[str, Any]
) -> None:
    await bury_alone(shared_database, a_letter)
    await bury_alone(shared_database, replace(a_letter, position=a_letter.position + 1, **other))
    assert [one.occurrences for one in (await operator.list()).dead_letters] == [1, 1]


async def test_what_comes_again_is_open_also_if_it_came_during_its_replay(
    operator: Operator, shared_database: Database, a_letter: DeadLetter
) -> None:
    async def open_letters() -> list[str]:
        return ids_of(await operator.list(replayed=False))

    async def replayed_as_known(known: FiledLetter) -> None:
        async with shared_database.writing(operator.workspace) as session:
            await mark_replayed(session, known)

    again = replace(a_letter, position=a_letter.position + 1)
    await bury_alone(shared_database, a_letter)
    async with shared_database.reading(operator.workspace) as session:
        [first] = await list_letters(session, LettersQuery(limit=2))
    await replayed_as_known(first)
    assert await open_letters() == []
    await bury_alone(shared_database, again)
    assert await open_letters() == [str(a_letter.id)]
    await replayed_as_known(first)
    assert await open_letters() == [str(a_letter.id)]
