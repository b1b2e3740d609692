"""The database itself keeps workspaces apart, also where a query forgets to."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.rollups.cells import COUNTS
from services.warehouse.rollups.levels import KEYS
from tests.support.postgres import Server

TIME = "timestamptz '2024-05-05T00:00:00Z'"
ALERT = "uuid '0e8e2f0a-7a51-4d0e-9b5f-6f1f1d1f7a10'"
# For each table: the columns beside workspace_id that an insert needs, and their values.
ROWS = {
    "workspaces": ("revision", "1"),
    "workspace_changes": ("revision, touched", "1, '{}'"),
    "executions": ("execution_id, started_at, status, agent_id", f"'e', {TIME}, 'running', 'a'"),
    "execution_keys": ("execution_id, started_at", f"'e', {TIME}"),
    "metric_points": ("occurred_at, point_id, metric_type, value", f"{TIME}, 'p', 'depth', 1"),
    "events": ("occurred_at, event_id, type", f"{TIME}, 'v', 'user.login'"),
    "spans": (
        "trace_id, span_id, started_at, ended_at, kind, outcome",
        f"'t', 's', {TIME}, {TIME}, 'model_call', 'ok'",
    ),
    "ledger": (
        "hour, kind, received, stored, updated, duplicate, rejected",
        f"{TIME}, 'event', 1, 1, 0, 0, 0",
    ),
    "outbox": ("type", "'user.login'"),
    "dead_letters": (
        "dead_letter_id, source, position, reason, message, payload",
        f"{ALERT}, 'log', 1, 'RECORD_MALFORMED', 'm', ''",
    ),
    "dead_letter_drops": (
        "dead_letter_id, occurrences, dropped_by, reason",
        f"{ALERT}, 1, 'a', 'r'",
    ),
    "revoked_tokens": (
        "token_id, number, reason, revoked_by, revoked_at, kept_until",
        f"'t', 1, '', 'a', {TIME}, {TIME}",
    ),
    "api_keys": (
        "api_key_id, display_name, permissions, created_by, created_at",
        f"'k', 'k', '{{}}', 'a', {TIME}",
    ),
    "api_key_secrets": ("api_key_id, hash, created_at", f"'k', '', {TIME}"),
    "audit_entries": (
        "occurred_at, entry_id, subject, token_id, rpc, code, reason, request_id",
        f"{TIME}, gen_random_uuid(), 'a', 't', '/r', 0, '', 'q'",
    ),
    "limits": ("limit_class, scope, amount, seconds", "'exports', 'user', 1, 60"),
    "quotas": ("kind, amount", "'executions', 1"),
    "alert_rules": (
        "rule_id, definition, updated_by, is_enabled, judged_from, judged_until, due_at",
        f"'r', '{{}}', 'a', true, {TIME}, {TIME}, {TIME}",
    ),
    "alerts": (
        "alert_id, rule_id, rule_name, severity, group_key, group_labels, state, pending_at,"
        " judged_at, held_at",
        f"{ALERT}, 'r', 'r', 1, '', '{{}}', 'pending', {TIME}, {TIME}, {TIME}",
    ),
    "alert_transitions": ("alert_id, change", f"{ALERT}, 'pending'"),
    "alert_silences": (
        "silence_id, rule_ids, group_labels, starts_at, ends_at, reason, created_by",
        f"'s', '{{}}', '{{}}', {TIME}, 'infinity', '', 'a'",
    ),
    "notification_targets": (
        "target_id, definition, sealed, updated_by, is_enabled",
        "'t', '{}', '', 'a', true",
    ),
    "notification_lanes": ("target_id", "'t'"),
    "notification_deliveries": (
        "delivery_id, target_id, event_id, event_type, event_at, data, subject",
        f"{ALERT}, 't', {ALERT}, 'alert.triggered', {TIME}, '{{}}', 's'",
    ),
    "notification_attempts": (
        "delivery_id, attempted_at, duration, status_code, error, response, is_delivered",
        f"{ALERT}, {TIME}, '1s', 0, '', '', false",
    ),
    "report_definitions": ("definition_id, definition, updated_by", "'d', '{}', 'a'"),
    "reports": (
        "report_id, definition, starts_at, ends_at, requested_by, may_name_users, expires_at",
        f"'r', '{{}}', {TIME}, 'infinity', 'a', false, 'infinity'",
    ),
    "report_links": (
        "link_id, report_id, secret_hash, created_by, expires_at",
        "'l', 'r', '', 'a', 'infinity'",
    ),
    "quota_notices": ("kind, month, percent", "'executions', '2024-05-01', 80"),
    "schedule_leases": ("name, holder, fence, expires_at", f"'l', 'h', 1, {TIME}"),
    "scheduled_jobs": ("job", "'j'"),
    "job_runs": ("job, planned_at, reason", f"'j', {TIME}, 'schedule'"),
    "retention_settings": ("policy, updated_by", "'{}', 'a'"),
    "erasures": (
        "erasure_id, scope, salt, hash, requested_by, step",
        f"{ALERT}, 'user', '', '', 'a', 'log'",
    ),
    "service_checks": ("service, checked_at, state, latency_us", f"'s', {TIME}, 'serving', 1"),
    "rollups": ("level, cuboid, spans, spared", "'hour', 'fine', '{}', '{}'"),
    "point_cells": (
        "level, start, metric_type, points, total, least, most, latest_at, latest",
        f"'hour', {TIME}, 'm', 1, 1, 1, 1, {TIME}, 1",
    ),
    "agent_profiles": ("level, start, agent_id, peak", f"'hour', {TIME}, 'a', 0"),
    "execution_cells": (
        ", ".join(("level, cuboid, start, last_started_at, duration_bins, users", *KEYS, *COUNTS)),
        ", ".join(
            (
                f"'hour', 'fine', {TIME}, {TIME}, '', ''",
                *("''" for _ in KEYS),
                *("0" for _ in COUNTS),
            )
        ),
    ),
}
TABLES = tuple(ROWS)
# Of no workspace: positions say how far a log has been read. Services cannot read the second.
NOT_FACTS = {"schema_version", "bus_positions", "log_positions"}
ALL_TABLES = """
    select c.relname, c.relispartition, c.relrowsecurity and c.relforcerowsecurity as is_forced,
        has_table_privilege('shadower_service', c.oid, 'select, insert, update, delete') as is_open,
        (select a.attname from pg_index i join pg_attribute a
            on a.attrelid = c.oid and a.attnum = i.indkey[0]
         where i.indrelid = c.oid and i.indisprimary) as key_begins_with,
        exists (select from pg_policy p where p.polrelid = c.oid) as has_policy
    from pg_class c
    where c.relnamespace = 'shadower'::regnamespace and c.relkind in ('r', 'p', 'm')
"""
ALL_VIEWS = (
    "filed_letters",
    "model_calls",
    "tool_calls",
    "execution_condensed",
    "execution_units",
    "point_condensed",
    "point_units",
)
# A view asks with its owner's rights, whom no policy binds, unless it says otherwise.
VIEWS = """
    select relname, 'security_invoker=true' = any(reloptions) from pg_class
    where relnamespace = 'shadower'::regnamespace and relkind = 'v'
"""


def insert(table: str, workspace: str) -> str:
    columns, values = ROWS[table]
    return f"insert into {table} (workspace_id, {columns}) values ('{workspace}', {values})"


@pytest.fixture(scope="module")
def filled(postgres: Server, template: str) -> Iterator[str]:
    """A database in which two workspaces have a row in every table, and nothing may be changed."""
    url = postgres.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set search_path to shadower")
        for table in ("executions", "metric_points", "events", "spans"):
            connection.execute(f"select ensure_month('{table}', {TIME})")
        for table in TABLES:
            connection.execute(insert(table, "red"))
            connection.execute(insert(table, "blue"))
    yield url
    postgres.drop(url)


def settings(url: str, pool_size: int) -> Settings:
    return Settings(DATABASE_URL=url, jwks_file=Path("unused"), pool_size=pool_size)


@asynccontextmanager
async def small_pool(url: str, size: int = 1) -> AsyncIterator[Any]:
    async with open_pool(settings(url, size)) as pool:
        yield pool


async def counts(connection: Any) -> dict[str, int]:
    return {table: await connection.fetchval(f"select count(*) from {table}") for table in TABLES}


async def workspaces_seen(connection: Any) -> set[str]:
    found = [await connection.fetch(f"select workspace_id from {table}") for table in TABLES]
    return {row["workspace_id"] for rows in found for row in rows}


async def test_without_a_workspace_nothing_is_seen(filled: str) -> None:
    async with small_pool(filled) as pool:
        assert await counts(pool) == dict.fromkeys(TABLES, 0)
        assert await pool.fetchval("select current_user") == "shadower_service"


async def test_set_role_binds_the_owner_too(filled: str) -> None:
    connection = await asyncpg.connect(filled)
    try:
        await connection.execute("set search_path to shadower; set role shadower_service")
        assert await counts(connection) == dict.fromkeys(TABLES, 0)
    finally:
        await connection.close()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("entered", ["red", None])
async def test_nothing_is_written_for_another_workspace(
    filled: str, table: str, entered: str | None
) -> None:
    async with small_pool(filled) as pool, pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        if entered:
            await connection.execute(f"set local shadower.workspace_id = '{entered}'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(insert(table, "green"))
        await transaction.rollback()


@pytest.mark.parametrize("table", TABLES)
async def test_rows_of_another_workspace_cannot_be_touched(filled: str, table: str) -> None:
    async with small_pool(filled) as pool, Database(pool).writing("red") as session:
        assert await workspaces_seen(session.connection) == {"red"}
        for change in (f"update {table} set workspace_id = workspace_id", f"delete from {table}"):
            try:
                async with session.connection.transaction():
                    done = await session.connection.execute(f"{change} where workspace_id = 'blue'")
            except asyncpg.InsufficientPrivilegeError:
                continue
            assert done.endswith(" 0")


async def test_workspaces_share_a_pool_and_see_only_their_own(filled: str) -> None:
    async def look(database: Database, workspace: str) -> set[str]:
        async with database.reading(workspace) as session:
            await asyncio.sleep(0)
            return await workspaces_seen(session.connection)

    async with small_pool(filled, 2) as pool:
        asked = ["red", "blue", "nobody"] * 20
        seen = await asyncio.gather(*(look(Database(pool), workspace) for workspace in asked))
    assert seen == [set() if workspace == "nobody" else {workspace} for workspace in asked]


async def sleeping(database: Database, workspace: str, entered: asyncio.Event) -> None:
    async with database.writing(workspace) as session:
        await session.connection.execute(insert("events", workspace).replace("'v'", "'late'"))
        entered.set()
        await session.connection.execute("select pg_sleep(60)")


@pytest.mark.parametrize("in_query", [True, False])
async def test_a_cancelled_query_leaves_no_workspace_behind(filled: str, in_query: bool) -> None:
    async with small_pool(filled) as pool, asyncio.timeout(30):
        backend = await pool.fetchval("select pg_backend_pid()")
        entered = asyncio.Event()
        query = asyncio.create_task(sleeping(Database(pool), "red", entered))
        await entered.wait()
        await asyncio.sleep(0.2 if in_query else 0)
        query.cancel()
        with pytest.raises(asyncio.CancelledError):
            await query
        assert await counts(pool) == dict.fromkeys(TABLES, 0)
        async with Database(pool).reading("red") as session:
            assert (await counts(session.connection))["events"] == 1
            assert await session.connection.fetchval("select pg_backend_pid()") == backend


def tables(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return [row for row in connection.execute(ALL_TABLES) if row[0] not in NOT_FACTS]


def test_every_table_is_kept_apart(filled: str) -> None:
    found = tables(filled)
    assert {name for name, is_partition, *_ in found if not is_partition} == set(TABLES)
    for name, is_partition, is_forced, is_open, _, has_policy in found:
        if is_partition:  # Policies of the parent do not hold for those who name its partition.
            assert not is_open or (is_forced and has_policy), name
        else:
            assert is_forced, name
            assert has_policy, name


def test_every_view_asks_with_the_rights_of_who_asks(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        assert dict(connection.execute(VIEWS).fetchall()) == dict.fromkeys(ALL_VIEWS, True)


def test_every_primary_key_begins_with_the_workspace(filled: str) -> None:
    assert {row[0]: row[4] for row in tables(filled)} == {
        row[0]: "workspace_id" for row in tables(filled)
    }


def test_the_service_role_can_neither_log_in_nor_step_around(filled: str) -> None:
    query = "select rolcanlogin or rolsuper or rolbypassrls from pg_roles where rolname = %s"
    with psycopg.connect(filled) as connection:
        assert connection.execute(query, ["shadower_service"]).fetchone() == (False,)
