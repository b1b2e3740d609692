"""What tests of all rooms share: a database server, keys, and the services as processes."""

import gc
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from services.warehouse.database import Database
from tests.support.citus import CitusServer, workers_given
from tests.support.collector import Collector, running_collector, telling
from tests.support.kafka import brokers_to_share
from tests.support.keys import KeyRing
from tests.support.postgres import Server, migrated, running_server
from tests.support.rolling import rolling_database
from tests.support.sharing import BySharing
from tests.support.stack import Environment, Stack, Stubs, running_stack

GARBAGE_AT_ONCE = 50_000

# What needs programs that are large to fetch and slow to start runs by a target of its own.
collect_ignore = [] if os.environ.get("SHADOWER_PROVIDERS") else ["providers"]


def pytest_collection_finish() -> None:
    """What was loaded stays, and so do six thousand tests: no search for garbage among them."""
    gc.freeze()
    gc.set_threshold(GARBAGE_AT_ONCE, 20, 100)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return BySharing(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("postgres")) as server:
        workers = workers_given()
        yield CitusServer(server.url, workers) if workers else server


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """The name of a migrated database that nobody uses; any one, if it cannot be copied."""
    return "spread" if isinstance(postgres, CitusServer) else migrated(postgres)


@pytest.fixture
def database_url(postgres: Server, template: str) -> Iterator[str]:
    """A database of the test's own."""
    url = postgres.create(template)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Brokers as KAFKA_BROKERS writes them. Tests keep apart by topics and groups of their own."""
    with brokers_to_share(tmp_path_factory.mktemp("kafka")) as brokers:
        yield brokers


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    return KeyRing()


@pytest.fixture(scope="session")
def mesh_keys() -> KeyRing:
    """Those of the mesh's own issuer."""
    return KeyRing("mesh-key")


@pytest.fixture(scope="session")
def jwks_file(keys: KeyRing, mesh_keys: KeyRing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the identity provider. The mesh's lie beside it."""
    directory = tmp_path_factory.mktemp("keys")
    mesh_keys.write_mesh(directory)
    return keys.write_jwks(directory / "jwks.json")


@pytest.fixture(scope="session")
async def collector() -> AsyncIterator[Collector]:
    """What services and the edge tell of their traces, if a caller wants them to be recorded."""
    async with running_collector() as running:
        yield running


@pytest.fixture(scope="session")
async def stack(
    postgres: Server,
    template: str,
    jwks_file: Path,
    collector: Collector,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stack]:
    """All services over one database. Tests keep apart by workspaces of their own."""
    url, logs = postgres.create(template), tmp_path_factory.mktemp("logs")
    # Receivers of notifications listen on the loopback.
    networks = ("SHADOWER_NOTIFICATION_ALLOWED_NETWORKS", "127.0.0.0/8")
    extra = (networks, *telling(collector))
    environment = Environment(url, jwks_file, logs, extra, is_measured=True)
    async with running_stack(environment) as running:
        yield running


@pytest.fixture(scope="session")
async def rolling(stack: Stack) -> AsyncIterator[Database]:
    """The services' database, for those who make cells."""
    async with rolling_database(stack.database_url) as database:
        yield database


@pytest.fixture
def stubs(stack: Stack) -> Stubs:
    return stack.stubs


@pytest.fixture
def workspace() -> str:
    """A workspace that nobody else uses."""
    return f"w-{uuid.uuid4().hex[:16]}"
