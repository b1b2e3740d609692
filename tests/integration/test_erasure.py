"""After an erasure nothing tells of whom it was about but the receipt. Nobody else is touched."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from services.alerts.observations import key_of
from services.runtime.bus.dead_letter import DeadLetter, Source
from services.runtime.faults import Unavailable
from services.runtime.kafka import ensure_topic, open_producer
from services.upkeep.applying import Scope
from services.upkeep.elsewhere import Elsewhere
from services.upkeep.letters import tells_of
from services.warehouse.bus.dead_letters import bury
from services.warehouse.erasure import cells, erasing, renaming
from services.warehouse.erasure.catalogue import CATALOGUE, OfUser
from services.warehouse.erasure.erasing import Eraser, Note
from services.warehouse.erasure.erasures import Erasure, begin, fetch_erasure
from services.warehouse.facts.model import Event, Execution, MetricPoint, Status
from services.warehouse.queries.interval import Interval
from services.warehouse.retention.removing import Work
from services.warehouse.rollups import rolling
from services.warehouse.rollups.ledger import lock_workspace
from services.warehouse.rollups.levels import Cuboid, Level, Sort
from services.warehouse.rollups.rolling import Roller
from services.warehouse.rollups.spans import between
from tests.support.bus import settings_of
from tests.support.kafka import kept_records
from tests.support.rolling import roll
from tests.support.upkeep import DAY, House, days_ago, house_of, some_points, some_runs
from tests.support.valkey import running_valkey

USER = "user-1"
WHOLE = Interval(days_ago(101), days_ago(0))
RECENT = Interval(days_ago(3), days_ago(1))
TABLES = """
    select relname::text, (select array_agg(attname::text) from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped and atttypid in
            ('text'::regtype, 'jsonb'::regtype, 'bytea'::regtype, 'text[]'::regtype))
    from pg_class c
    where relnamespace = 'shadower'::regnamespace and relkind in ('r', 'p') and not relispartition
"""
WORDS = """
    select array_agg(attname::text) from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''
        and atttypid in ('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype)
"""
ROWS = "select t::text from {} t where workspace_id = %s order by 1"
# Two rows of facts whose own ids, tags and texts name the user as well.
NAMED = [
    Execution("user-1", days_ago(99.5), Status.SUCCEEDED, "agent-a", conversation_id="user-1"),
    Execution(
        "run-x",
        days_ago(2),
        Status.SUCCEEDED,
        "agent-b",
        user_id="user-12",
        metadata={"note": 'asked by "user-1"', "other": "user-12"},
        parent_execution_id="user-1",
    ),
]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with house_of(database_url) as opened:
        yield opened


async def filled(house: House, workspace: str) -> None:
    random = Random(4)
    await house.record(workspace, some_runs(random, days_ago(100), DAY / 2, 20))
    await house.record(workspace, some_runs(random, days_ago(3), DAY / 2, 20))
    await house.record(workspace, NAMED)
    await house.record(workspace, some_points(random, days_ago(20), DAY, 5))
    tagged = MetricPoint(days_ago(5), "p", "queue.depth", 1, {"user": USER, "of": "user-2"})
    await house.record(workspace, [tagged])
    data = {"by": [USER, {"deep": "to user-1, too"}], "count": 2}
    events = [
        Event(days_ago(9), f"e-{who}", "user.login", who, "user-1", data, {"k": USER})
        for who in (USER, "user-2")
    ]
    await house.record(workspace, events)
    letter = DeadLetter(workspace, Source.LOG, "RECORD_MALFORMED", "bad", b"\x00 user-1 \x01", 1)
    other = DeadLetter(workspace, Source.LOG, "RECORD_MALFORMED", "bad", b"\x00 user-2 \x01", 1)
    async with house.database.writing(workspace) as session:
        await bury(session.connection, letter)
        await bury(session.connection, other)
    house.execute(
        "insert into alerts (workspace_id, alert_id, rule_id, rule_name, severity, group_key,"
        " group_labels, state, pending_at, judged_at, held_at) values (%s, gen_random_uuid(), 'r',"
        " 'Of user-1', 1, %s, '{\"user_id\": \"user-1\"}', 'triggered', now(), now(), now())",
        workspace,
        key_of({"user_id": USER}),
    )
    house.execute(
        "insert into api_keys values (%s, 'k', 'of user-1', '{}', 'user-1', now(), null, null)",
        workspace,
    )
    house.execute(
        "insert into alert_rules (workspace_id, rule_id, definition, updated_by, is_enabled,"
        " judged_from, judged_until, due_at) values (%s, 'r',"
        ' \'{"filter": {"user_ids": ["user-1", "user-2"]}}\', \'a\', true, now(), now(), now())',
        workspace,
    )
    file_notification(house, workspace)
    await roll(house.database, workspace, RECENT)


def file_notification(house: House, workspace: str) -> None:
    house.execute(
        "insert into notification_targets (workspace_id, target_id, definition, sealed, updated_by,"
        " is_enabled) values (%s, 't', '{\"name\": \"of user-1\"}', '', 'user-1', true)",
        workspace,
    )
    house.execute(
        "insert into notification_lanes (workspace_id, target_id) values (%s, 't')", workspace
    )
    house.execute(
        "insert into notification_deliveries (workspace_id, target_id, event_id, event_type,"
        " event_at, data, subject) values (%s, 't', gen_random_uuid(), 'alert.triggered', now(),"
        ' \'{"group": {"user_id": "user-1"}}\', \'a\')',
        workspace,
    )
    house.execute(
        "insert into notification_attempts (workspace_id, delivery_id, attempted_at, duration,"
        " status_code, error, response, is_delivered) select workspace_id, delivery_id, now(),"
        " '1s', 500, '', 'no user-1 here', false from notification_deliveries"
        " where workspace_id = %s",
        workspace,
    )


def found(house: House, word: str, workspace: str) -> dict[str, int]:
    """Where a word stands, in any column of any table, bytes too; "user-1" is not in "user-12"."""
    as_hex = f"{word.encode().hex()}(?!3[0-9])"
    counts: dict[str, int] = {}
    for table, columns in house.rows(TABLES):
        if "workspace_id" in (columns or ()):
            said = " or ".join(f"{one}::text ~ any (%s)" for one in columns)
            query = f"select count(*) from {table} where workspace_id = %s and ({said})"
            words = [[f"{word}(?![0-9])", as_hex]] * len(columns)
            [(counts[table],)] = house.rows(query, workspace, *words)
    return {table: count for table, count in counts.items() if count}


def content(house: House, workspace: str) -> dict[str, list[Any]]:
    return {table: house.rows(ROWS.format(table), workspace) for table in CATALOGUE}


async def erase(house: House, workspace: str, user_id: str | None) -> Erasure:
    erasure = await begun(house, workspace, user_id)
    await go_on(house, erasure)
    async with house.database.writing(workspace) as session:
        return await fetch_erasure(session, erasure.erasure_id)


async def begun(house: House, workspace: str, user_id: str | None) -> Erasure:
    async with house.database.writing(workspace) as session:
        return await begin(session, user_id, "boss")


async def step(eraser: Eraser, erasure: Erasure) -> Erasure:
    after = await eraser._step(erasure)
    assert after is not None
    return after


async def nothing_elsewhere(_: Erasure, __: Note) -> None:
    """Nobody has anything."""


async def go_on(house: House, erasure: Erasure, seconds: float = 60) -> Work:
    elsewhere = Elsewhere(settings_of(house.url), house.keeping, None)
    work = Work.of(seconds)
    await Eraser(house.keeping, elsewhere.erase, 50, tells_of).go_on(
        work, erasure.workspace_id, erasure.erasure_id
    )
    return work


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


async def test_a_longer_cell_is_not_made_of_what_a_shorter_one_said(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "PAGE", 3)
    await filled(house, workspace)
    await house.apply(workspace)
    days = Sort(Level.DAY, Cuboid.PROFILE)
    roller = Roller(house.database)
    erasure = await begun(house, workspace, USER)
    eraser = Eraser(house.keeping, nothing_elsewhere)
    while erasure.ended_at is None:
        erasure = await step(eraser, erasure)
        if erasure.place.get("after") == ["hour"]:
            # Those that say so are still as they were.
            span = between(days_ago(100), days_ago(99))
            assert [done async for done in roller.roll_all(workspace, days, span)]
    assert found(house, USER, workspace) == {}


async def test_cells_that_were_calculated_before_are_not_entered(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(house, workspace)
    await house.apply(workspace)
    days, erasure = Sort(Level.DAY, Cuboid.PROFILE), await begun(house, workspace, USER)
    eraser = Eraser(house.keeping, nothing_elsewhere)
    while erasure.step != "agent_profiles":
        erasure = await step(eraser, erasure)
    waiting = [erasure]

    async def after_erasure(session: Any) -> bool:
        if waiting:
            assert await eraser.go_on(Work.of(60), workspace, waiting.pop().erasure_id)
        return await lock_workspace(session)

    monkeypatch.setattr(rolling, "lock_workspace", after_erasure)
    span = between(days_ago(100), days_ago(99))
    assert [done async for done in Roller(house.database).roll_all(workspace, days, span)]
    assert not waiting
    assert found(house, USER, workspace) == {}


async def test_a_run_without_a_key_is_renamed(house: House, workspace: str) -> None:
    old = Execution("old", days_ago(200), Status.SUCCEEDED, "agent-a", user_id=USER)
    await house.record(workspace, [old])
    house.execute("delete from execution_keys")
    await erase(house, workspace, USER)
    assert found(house, USER, workspace) == {}


async def test_what_somebody_changes_meanwhile_stays_changed(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(house, workspace)
    changed = '{"name": "now of user-1", "metric": "p95"}'
    fresh = renaming._fresh

    async def after_change(session: Any, shape: Any, rows: Any) -> Any:
        if shape.table == "alert_rules":
            house.execute("update alert_rules set definition = %s, version = 2", changed)
        return await fresh(session, shape, rows)

    monkeypatch.setattr(renaming, "_fresh", after_change)
    receipt = await erase(house, workspace, USER)
    [(definition, version)] = house.rows("select definition, version from alert_rules")
    name = f"now of {receipt.pseudonym}"
    assert (definition, version) == ({"name": name, "metric": "p95"}, 2)


async def test_what_comes_while_a_workspace_goes_is_gone_as_a_whole(
    house: House, workspace: str
) -> None:
    await filled(house, workspace)
    erasure = await begun(house, workspace, None)
    eraser = Eraser(house.keeping, nothing_elsewhere)
    run = Execution("during", days_ago(1), Status.RUNNING, "agent-a")
    ended = run._replace(status=Status.SUCCEEDED, ended_at=days_ago(0.9))
    number = 0
    while erasure.ended_at is None:
        if erasure.step == "workspaces":
            await roll(house.database, workspace, RECENT)
        elif erasure.step not in ("log", "elsewhere"):
            number += 1
            some = [run._replace(execution_id=f"during-{number}")]
            assert await house.record(workspace, some) == ["stored"]
        erasure = await step(eraser, erasure)
    assert number > 10
    assert set(found(house, workspace, workspace)) == {"erasures"}
    assert erasure.counts["executions"] == 42 + number
    again = [ended._replace(execution_id=f"during-{one}") for one in range(1, number)]
    assert await house.record(workspace, again) == ["stored"] * len(again)


async def test_a_page_that_takes_too_long_is_halved(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(house, workspace)
    looked_through = []
    page = renaming.rename_page

    async def slow(session: Any, table: str, naming: Any, after: Any, rows: int) -> Any:
        looked_through.append(rows)
        if rows > 2_500:
            await session.connection.execute("set local statement_timeout = 1")
            await session.connection.execute("select pg_sleep(1)")
        return await page(session, table, naming, after, rows)

    monkeypatch.setattr(erasing, "rename_page", slow)
    await erase(house, workspace, USER)
    assert looked_through[:4] == [10_000, 5_000, 2_500, 5_000]
    assert found(house, USER, workspace) == {}


async def test_what_is_counted_elsewhere_stays_counted(house: House, workspace: str) -> None:
    left = [3]

    async def fails_once(erasure: Erasure, note: Note) -> None:
        await note({"reports": left.pop() if left else 0})
        if erasure.counts == {}:
            raise Unavailable("CACHE_UNREACHABLE", "once")

    eraser = Eraser(house.keeping, fails_once)
    erasure = await begun(house, workspace, USER)
    with pytest.raises(Unavailable):
        await eraser.go_on(Work.of(60), workspace, erasure.erasure_id)
    assert await eraser.go_on(Work.of(60), workspace, erasure.erasure_id)
    async with house.database.writing(workspace) as session:
        assert (await fetch_erasure(session, erasure.erasure_id)).counts == {"reports": 3}


async def test_an_erasure_goes_on_wherever_it_ended(house: House, workspace: str) -> None:
    await filled(house, workspace)
    before = await house.answers(workspace, WHOLE)
    async with house.database.writing(workspace) as session:
        erasure = await begin(session, USER, "boss")
        assert await begin(session, USER, "somebody else") == erasure
    ended = 0
    while True:
        try:
            async with asyncio.timeout(0.01 + ended * 0.02):
                await asyncio.gather(go_on(house, erasure), go_on(house, erasure))
        except TimeoutError:
            ended += 1
        async with house.database.writing(workspace) as session:
            receipt = await fetch_erasure(session, erasure.erasure_id)
        if receipt.ended_at is not None:
            break
    assert ended >= 2
    after = await house.answers(workspace, WHOLE)
    assert after[:5] == before[:5]
    assert await house.by_user(workspace, WHOLE) == [((), {}, None, (0,))]
    assert await house.differences(workspace) == []


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


async def test_retention_and_an_erasure_may_meet(house: House, workspace: str) -> None:
    random = Random(9)
    for days in (200, 100, 3):
        await house.record(workspace, some_runs(random, days_ago(days), DAY / 2, 15))
    asked = Interval(days_ago(201), days_ago(0))
    before = await house.answers(workspace, asked)
    await asyncio.gather(*(erase(house, workspace, USER), house.apply(workspace)))
    while (await house.apply(workspace)).remaining:
        pass
    after = await house.answers(workspace, asked)
    assert after[:5] == before[:5]
    assert found(house, USER, workspace) == {}


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
