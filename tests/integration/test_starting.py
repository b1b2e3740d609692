"""Processes whose database is not there yet, or has another schema than they were written for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.runtime.faults import CannotServeError
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.warehouse.database import Database
from services.warehouse.migrations.floor import FIRST_FLOOR
from services.warehouse.schema import VERSIONS, schema_version
from tests.support.ports import free_port
from tests.support.postgres import Server
from tests.support.stack import SERVICES, Environment, Running, ready, start, stop

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SECONDS = 60
# Those that follow something as long as they live.
FOLLOWERS = ("metrics", "scheduler")
NEEDED = schema_version()
LATER, LATEST = "8888", "9999"
MESH_NOWHERE = ("SHADOWER_MESH", "127.0.0.1:1")


def set_schema(url: str, version: str, works_from: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "update shadower.schema_version set version_num = %s, works_from = %s",
            (version, works_from),
        )


@asynccontextmanager
async def trouble_of(url: str, jwks_file: Path) -> AsyncIterator[Database]:
    settings = Settings(DATABASE_URL=url, jwks_file=jwks_file)
    async with open_pool(settings) as pool:
        yield Database(pool)


async def health(service: Running, name: str) -> int:
    async with service.channel() as channel:
        request = health_pb2.HealthCheckRequest(service=name)
        stub = health_pb2_grpc.HealthStub(channel)
        return int((await stub.Check(request, wait_for_ready=True, timeout=SECONDS)).status)


async def ended(service: Running) -> str:
    """What it said when it ended by itself, with a failure."""
    assert await asyncio.to_thread(service.process.wait, SECONDS) == 1
    return service.log.read_text().splitlines()[-1]


@asynccontextmanager
async def door_to(url: str, port: int) -> AsyncIterator[None]:
    """Lets those who come by a port of the loopback to the server."""
    folder = parse_qs(urlsplit(url).query).get("host", [""])[0]

    under_way: set[asyncio.Task[None]] = set()

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await _opened(folder, url)
        for one in (_carry(reader, back), _carry(there, writer)):
            under_way.add(asyncio.create_task(one))

    server = await asyncio.start_server(let_in, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    finally:
        writer.close()


async def _opened(folder: str, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    if folder:
        return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{parts.port or 5432}")
    return await asyncio.open_connection(parts.hostname, parts.port or 5432)


def through(url: str, port: int) -> str:
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    return f"{parts.scheme}://{account}@127.0.0.1:{port}{parts.path}"


async def test_processes_wait_for_a_database_that_starts_later(
    database_url: str, jwks_file: Path, tmp_path: Path
) -> None:
    port = free_port()
    environment = Environment(through(database_url, port), jwks_file, tmp_path, (MESH_NOWHERE,))
    services = [start(name, environment) for name in FOLLOWERS]
    try:
        for service in services:
            assert await health(service, "") == SERVING
            assert await health(service, SERVICES[service.name]) == NOT_SERVING
        await asyncio.sleep(2.5)
        async with door_to(database_url, port):
            await asyncio.gather(*map(ready, services))
            # In a thread, since the door is ours.
            ends = [asyncio.to_thread(stop, service) for service in services]
            assert await asyncio.gather(*ends) == [0, 0]
    finally:
        for service in services:
            service.process.kill()
    for service in services:
        lines = [json.loads(line) for line in service.log.read_text().splitlines()]
        warnings = [
            (line["event"], line.get("grpc_service"), line["error"])
            for line in lines
            if "error" in line
        ]
        assert any("Connect" in str(line) or "refused" in str(line) for line in lines)
        assert len(warnings) == len(set(warnings)), "told once, not at each try"


@pytest.mark.parametrize("version", ["0001", "0019"])
async def test_an_older_schema_needs_a_migration(
    database_url: str, jwks_file: Path, version: str
) -> None:
    set_schema(database_url, version, version)
    async with trouble_of(database_url, jwks_file) as database:
        assert await database.trouble(NEEDED) == (
            f"schema {version}, needed {NEEDED}: a migration is needed"
        )


async def test_an_empty_database_needs_a_migration(postgres: Server, jwks_file: Path) -> None:
    url = postgres.create()
    try:
        async with trouble_of(url, jwks_file) as database:
            said = await database.trouble(NEEDED)
    finally:
        postgres.drop(url)
    assert said == f"schema none, needed {NEEDED}: a migration is needed"


async def test_a_later_schema_that_says_so_is_as_good(database_url: str, jwks_file: Path) -> None:
    set_schema(database_url, LATEST, NEEDED)
    async with trouble_of(database_url, jwks_file) as database:
        assert await database.trouble(NEEDED) == ""


async def test_a_later_schema_that_does_not_is_refused(database_url: str, jwks_file: Path) -> None:
    set_schema(database_url, LATEST, LATER)
    async with trouble_of(database_url, jwks_file) as database:
        with pytest.raises(CannotServeError, match=f"works with code for {LATER} and later"):
            await database.trouble(NEEDED)


async def test_a_process_ends_when_the_schema_leaves_it_behind(
    database_url: str, jwks_file: Path, tmp_path: Path
) -> None:
    environment = Environment(database_url, jwks_file, tmp_path)
    service = start("relay", environment)
    try:
        await ready(service)
        set_schema(database_url, LATEST, NEEDED)
        await asyncio.sleep(1.2)
        assert await health(service, SERVICES["relay"]) == SERVING
        set_schema(database_url, LATEST, LATER)
        said = await ended(service)
        again = start("relay", environment)
        try:
            assert said == await ended(again)
        finally:
            again.process.kill()
    finally:
        service.process.kill()
    assert said == (
        f"relay refuses to serve: schema {LATEST} works with code for {LATER} and later, "
        f"and this code is for {NEEDED}"
    )


def test_every_migration_says_with_which_code_it_works() -> None:
    """Floors never fall: what does not work with a schema does not work with a later one."""
    floors = []
    for path in sorted(VERSIONS.glob("m*.py")):
        module = import_module(f"services.warehouse.migrations.versions.{path.stem}")
        if module.revision >= FIRST_FLOOR:
            assert module.works_from <= module.revision
            floors.append(module.works_from)
    assert floors == sorted(floors)
    assert floors
