"""Drops of dead letters: what was decided is kept, and nothing of a letter goes."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from shadower.access.v1 import access_service_pb2 as access
from shadower.bus.v1 import dead_letter_pb2 as told
from shadower.bus.v1.envelope_pb2 import Envelope

from services.relay.dropping import drop
from services.runtime.bus.dead_letter import DeadLetter, Source
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.database import Database
from tests.support.bus import publish_one
from tests.support.dead_letters import UNKNOWN, Operator, ids_of
from tests.support.errors import refusal_in, refused
from tests.support.keys import KeyRing
from tests.support.stack import Stack

OPEN, REPLAYED, DROPPED = told.DeadLetterState.values()[1:]


@pytest.fixture
async def letter(shared_database: Database, a_letter: DeadLetter) -> DeadLetter:
    await bury_alone(shared_database, a_letter)
    return a_letter


@pytest.fixture
async def replayable(shared_database: Database, workspace: str) -> DeadLetter:
    """An event that a group can take."""
    event_id = str(await publish_one(shared_database, workspace))
    envelope = Envelope(schema_version=1, id=event_id, type=1, workspace_id=workspace)
    key, payload = workspace.encode(), envelope.SerializeToString()
    one = DeadLetter(workspace, Source.BUS, "HANDLER_FAILED", "why", payload, 1, key, group="g")
    await bury_alone(shared_database, one)
    return one


async def by_state(operator: Operator, letter_id: Any) -> list[int]:
    """The states by which a letter is found; in one of them it says so itself."""
    assert (await operator.get(letter_id)).dead_letter.state in (OPEN, REPLAYED, DROPPED)
    lists = {state: await operator.list(state=state) for state in (OPEN, REPLAYED, DROPPED)}
    return [state for state, page in lists.items() if str(letter_id) in ids_of(page)]


async def test_what_was_dropped_is_listed_with_who_did_it_when_and_why(
    operator: Operator, letter: DeadLetter
) -> None:
    before = (await operator.get(letter.id)).content
    assert await by_state(operator, letter.id) == [OPEN]
    (result,) = await operator.drop(letter.id, reason="sent by a test")
    drop = result.drop
    assert (drop.dropped_by, drop.reason, drop.occurrences) == ("tester", "sent by a test", 1)
    assert await by_state(operator, letter.id) == [DROPPED]
    [listed] = (await operator.list()).dead_letters
    assert (listed.state, listed.drop) == (DROPPED, drop)
    assert listed.fail_time.ToNanoseconds() <= drop.drop_time.ToNanoseconds()
    assert (await operator.get(letter.id)).content == before


async def test_who_drops_again_changes_nothing(operator: Operator, letter: DeadLetter) -> None:
    (first,) = await operator.drop(letter.id, reason="mine")
    (again,) = await operator.drop(letter.id, reason="not mine")
    assert again == first
    assert (await operator.get(letter.id)).dead_letter.drop == first.drop


async def test_what_comes_again_is_open_and_can_be_dropped_again(
    operator: Operator, shared_database: Database, letter: DeadLetter
) -> None:
    (first,) = await operator.drop(letter.id)
    await bury_alone(shared_database, letter)  # By somebody who could not move on.
    assert await by_state(operator, letter.id) == [DROPPED]
    await bury_alone(shared_database, replace(letter, position=letter.position + 1))
    assert await by_state(operator, letter.id) == [OPEN]
    assert (await operator.get(letter.id)).dead_letter.drop == first.drop
    (again,) = await operator.drop(letter.id, reason="still")
    assert (again.drop.reason, again.drop.occurrences) == ("still", 2)
    assert await by_state(operator, letter.id) == [DROPPED]


async def test_what_was_dropped_can_be_replayed_and_not_the_other_way_round(
    operator: Operator, replayable: DeadLetter
) -> None:
    (dropped,) = await operator.drop(replayable.id)
    (replayed,) = await operator.replay(replayable.id)
    assert replayed.HasField("replay_time")
    assert await by_state(operator, replayable.id) == [REPLAYED]
    assert (await operator.get(replayable.id)).dead_letter.drop == dropped.drop
    (late,) = await operator.drop(replayable.id)
    found = refusal_in(late.error)
    assert (found.code, found.reason) == (
        grpc.StatusCode.ALREADY_EXISTS,
        "DEAD_LETTER_REPLAYED",
    )
    assert not late.HasField("drop")


@dataclass
class Interrupted:
    """A connection after whose first statement somebody else does something, if he can."""

    connection: Any
    meanwhile: Awaitable[None]
    doing: Any = None

    async def execute(self, *statement: Any) -> None:
        await self.connection.execute(*statement)
        self.doing = asyncio.ensure_future(self.meanwhile)
        await asyncio.wait([self.doing], timeout=0.5)

    async def fetch(self, *statement: Any) -> Any:
        return await self.connection.fetch(*statement)


async def test_what_comes_again_meanwhile_was_not_dropped(
    operator: Operator, shared_database: Database, replayable: DeadLetter
) -> None:
    await operator.drop(replayable.id)
    await operator.replay(replayable.id)
    again = replace(replayable, position=replayable.position + 1)
    async with shared_database.writing(operator.workspace) as session:
        between = Interrupted(session.connection, bury_alone(shared_database, again))
        meanwhile: Any = SimpleNamespace(workspace_id=operator.workspace, connection=between)
        [outcome] = await drop(meanwhile, [replayable.id], "tester", "late")
    await between.doing
    assert getattr(outcome, "reason", "") == "DEAD_LETTER_REPLAYED"
    assert await by_state(operator, replayable.id) == [OPEN]


async def test_each_has_a_result_in_the_order_of_the_request(
    operator: Operator, letter: DeadLetter
) -> None:
    unknown, dropped = await operator.drop(UNKNOWN, letter.id)
    assert refusal_in(unknown.error).reason == "DEAD_LETTER_NOT_FOUND"
    assert (dropped.dead_letter_id, dropped.drop.occurrences) == (str(letter.id), 1)


async def test_letters_of_others_are_not_dropped(
    stack: Stack, keys: KeyRing, operator: Operator, letter: DeadLetter
) -> None:
    stranger = Operator(stack.stubs.bus, keys, f"{operator.workspace}-other")
    (result,) = await stranger.drop(letter.id)
    assert refusal_in(result.error).reason == "DEAD_LETTER_NOT_FOUND"
    assert await by_state(operator, letter.id) == [OPEN]


@pytest.mark.parametrize(
    ("ids", "reason"), [([], "r"), (["x"], "r"), ([UNKNOWN] * 2, "r"), ([UNKNOWN], "")]
)
async def test_a_drop_names_letters_and_a_reason(
    operator: Operator, ids: list[str], reason: str
) -> None:
    found = await refused(operator.drop(*ids, reason=reason))
    assert (found.code.name, found.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")


async def test_a_drop_is_audited_with_its_reason(
    stack: Stack, operator: Operator, letter: DeadLetter
) -> None:
    await operator.drop(letter.id, reason="for the record")
    request = access.ListAuditEntriesRequest(workspace_id=operator.workspace)
    answer = await stack.stubs.access.ListAuditEntries(request, metadata=operator.metadata)
    [entry] = answer.audit_entries
    assert (entry.subject, entry.rpc.rpartition("/")[2]) == ("tester", "DropDeadLetters")
    facts = str(MessageToDict(entry))
    assert all(word in facts for word in (str(letter.id), "for the record"))
