"""Workspaces in which much names a user, and erasures of that."""

from random import Random
from typing import Any

from services.alerts.observations import key_of
from services.runtime.bus.dead_letter import DeadLetter, Source
from services.upkeep.elsewhere import Elsewhere
from services.upkeep.letters import tells_of
from services.warehouse.bus.dead_letters import bury
from services.warehouse.bus.drops import drop_letters
from services.warehouse.erasure.catalogue import CATALOGUE
from services.warehouse.erasure.erasing import Eraser, Note
from services.warehouse.erasure.erasures import Erasure, begin, fetch_erasure
from services.warehouse.facts.model import Event, Execution, MetricPoint, Status
from services.warehouse.queries.interval import Interval
from services.warehouse.retention.removing import Work
from tests.support.bus import settings_of
from tests.support.rolling import roll
from tests.support.upkeep import DAY, House, days_ago, some_points, some_runs

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
        await drop_letters(session, [other.id], USER, f"as {USER} said")
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
