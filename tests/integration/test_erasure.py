"""After an erasure nothing tells of whom it was about but the receipt. Nobody else is touched."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.runtime.bus.dead_letter import DeadLetter, Source
from services.runtime.kafka import ensure_topic, open_producer
from services.upkeep.applying import Scope
from services.upkeep.elsewhere import Elsewhere
from services.warehouse.bus.dead_letters import bury
from services.warehouse.erasure.catalogue import CATALOGUE, OfUser
from services.warehouse.erasure.erasures import begin
from services.warehouse.facts.model import Execution, Status
from tests.support.bus import settings_of
from tests.support.erasure import (
    NAMED,
    RECENT,
    TABLES,
    USER,
    WHOLE,
    WORDS,
    content,
    erase,
    filled,
    found,
)
from tests.support.kafka import kept_records
from tests.support.rolling import roll
from tests.support.upkeep import House, days_ago
from tests.support.valkey import running_valkey


def test_the_catalogue_knows_every_table(house: House) -> None:
    tables = {table for table, columns in house.rows(TABLES) if "workspace_id" in (columns or ())}
    assert tables == set(CATALOGUE)


async def test_nothing_tells_of_a_user_but_the_receipt(house: House, workspace: str) -> None:
    other = f"{workspace}-b"
    await filled(house, workspace)
    await filled(house, other)
    # Some of whose facts are gone, so that only cells tell of them.
    await house.apply(workspace)
    before, untouched = await house.answers(workspace, WHOLE), content(house, other)
    neighbour = found(house, "user-2", workspace)
    del neighbour["agent_profiles"]
    assert set(found(house, USER, workspace)) >= {"executions", "agent_profiles", "dead_letters"}
    receipt = await erase(house, workspace, USER)
    assert found(house, USER, workspace) == {}
    assert receipt.user_id is None
    assert receipt.hash == hashlib.sha256(receipt.salt + USER.encode()).digest()
    assert receipt.counts["executions"] > 3
    assert receipt.counts["dead_letters"] == 1
    assert content(house, other) == untouched
    after = await house.answers(workspace, WHOLE)
    assert after[:5] == before[:5]
    assert neighbour.items() <= found(house, "user-2", workspace).items()
    assert await house.differences(workspace) == []
    await roll(house.database, workspace, RECENT)
    assert await house.differences(workspace) == []
    assert (await house.answers(workspace, WHOLE))[:5] == before[:5]
    assert found(house, USER, workspace) == {}


def test_of_what_is_renamed_every_column_of_words_is_spoken_for(house: House) -> None:
    for table, entry in CATALOGUE.items():
        if entry.of_user is OfUser.RENAMED:
            words = {one for one in house.rows(WORDS, table)[0][0] if one != "workspace_id"}
            assert words == {*entry.says, *entry.silent}, table


async def test_who_has_a_like_id_and_what_is_no_user_stays(house: House, workspace: str) -> None:
    others = {"b": "anna.smith", "c": "anna@acme.com", "d": "15", "e": "josé"}
    for number, (run_id, user) in enumerate({**others, "x": "anna", "y": "5", "z": "jos"}.items()):
        run = Execution(
            run_id,
            days_ago(2 + number / 9),
            Status.SUCCEEDED,
            "5",
            agent_version="5",
            user_id=user,
            model="gpt-5",
            provider="anna",
            metadata={"of": "5 anna jos"} if run_id in others else {},
        )
        await house.record(workspace, [run])
    house.execute(
        "insert into api_keys values (%s, '5', '5', '{anna:read}', 'anna', now(), null, null)",
        workspace,
    )
    letter = DeadLetter(workspace, Source.LOG, "RECORD_MALFORMED", "bad", b"of user-77 alone", 1)
    async with house.database.writing(workspace) as session:
        await bury(session.connection, letter)
    for user in ("anna", "5", "jos"):
        await erase(house, workspace, user)
    told = "select user_id, metadata->>'of' from executions where execution_id = %s"
    for run_id, user in others.items():
        [(is_now, note)] = house.rows(told, run_id)
        assert is_now == user
        assert re.fullmatch("(erased-[0-9a-f]{16} ?){3}", note)
    same = "select distinct agent_id, agent_version, model, provider from executions"
    assert house.rows(same) == [("5", "5", "gpt-5", "anna")]
    [(key_id, name, permissions)] = house.rows(
        "select api_key_id, display_name, permissions from api_keys"
    )
    assert (key_id, permissions) == ("5", ["anna:read"])
    assert name.startswith("erased-")
    assert house.rows("select count(*) from dead_letters") == [(1,)]


async def test_cells_of_nobody_stay(house: House, workspace: str) -> None:
    await filled(house, workspace)
    before = content(house, workspace)
    # A letter of each name, but nobody's id.
    receipt = await erase(house, workspace, "r")
    after = content(house, workspace)
    assert after["agent_profiles"] == before["agent_profiles"] != []
    assert after["execution_cells"] == before["execution_cells"]
    assert "agent_profiles" not in receipt.counts


async def test_a_run_without_a_key_is_renamed(house: House, workspace: str) -> None:
    old = Execution("old", days_ago(200), Status.SUCCEEDED, "agent-a", user_id=USER)
    await house.record(workspace, [old])
    house.execute("delete from execution_keys")
    await erase(house, workspace, USER)
    assert found(house, USER, workspace) == {}


async def test_nothing_tells_of_a_workspace_but_the_receipt(house: House, workspace: str) -> None:
    other = f"{workspace}-b"
    await filled(house, workspace)
    await filled(house, other)
    untouched = content(house, other)
    receipt = await erase(house, workspace, None)
    assert set(found(house, workspace, workspace)) == {"erasures"}
    assert receipt.counts["executions"] == 42
    assert receipt.copies_until is not None
    assert content(house, other) == untouched
    # The audit log is left, and goes in its time.
    house.execute(
        "insert into audit_entries (workspace_id, occurred_at, entry_id, subject, token_id, rpc,"
        " code, reason, request_id) values (%s, now() - interval '8 years', gen_random_uuid(), 'a',"
        " '', '', 0, '', '')",
        workspace,
    )
    assert (await house.apply("shadower-system", Scope.RECORDS)).rows == {"audit_entries": 1}
    # It may be used again.
    assert await house.record(workspace, NAMED) == ["stored", "stored"]


async def test_answers_are_forgotten_and_records_as_far_as_can_be(
    house: House, workspace: str, kafka: str, tmp_path: Path
) -> None:
    names = {word: f"{word}-{workspace}" for word in ("log", "bus")}
    settings = settings_of(
        house.url, kafka, log_topic=names["log"], bus_topic=names["bus"], topic_partitions=2
    )
    for topic in names.values():
        await ensure_topic(settings, topic)
    async with open_producer(settings) as producer:
        for word in (USER, "user-2"):
            for topic in names.values():
                await producer.send_and_wait(topic, word.encode(), partition=1)
    house.execute(
        "insert into log_positions (topic, partition, next_offset, complete_until)"
        " values (%s, 0, 0, now()), (%s, 1, 1, now())",
        *[names["log"]] * 2,
    )
    async with running_valkey(tmp_path) as valkey, valkey.client() as client:
        for owner in (workspace, f"{workspace}-b"):
            await client.set(f"shadower:answer:{'0' * 12}:{owner}:/a.B/C:00", "x")
        elsewhere = Elsewhere(settings, house.database, client)
        async with house.database.writing(workspace) as session:
            erasure = await begin(session, USER, "boss")
        counts: Counter[str] = Counter()

        async def note(part: Mapping[str, int]) -> None:
            counts.update(part)

        copies_until = await elsewhere.erase(erasure, note)
        assert await valkey.names() == [
            f"shadower:answer:{'0' * 12}:{workspace}-b:/a.B/C:00".encode()
        ]
    assert counts == {"answers": 1}
    # What is written to the database the log forgets; the bus forgets in time.
    assert await kept_records(settings, names["log"]) == [b"user-2"]
    assert await kept_records(settings, names["bus"]) == [USER.encode(), b"user-2"]
    assert copies_until is not None
    assert abs(copies_until - datetime.now(UTC) - timedelta(days=14)) < timedelta(minutes=5)
