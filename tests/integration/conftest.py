"""What tests of several files ask services about: workspaces that are filled once, or empty."""

import base64
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.runtime.bus.dead_letter import DeadLetter, Source
from services.warehouse.database import Database
from tests.support.aggregations import sparse_runs
from tests.support.alerts import Watch, five_minutes
from tests.support.bus import database_of
from tests.support.bus_on_kafka import Bus, new_bus
from tests.support.dead_letters import Operator
from tests.support.exports import FEW, MANY, Exports, running_exports
from tests.support.keys import KeyRing
from tests.support.metric_queries import made_up_points, made_up_runs
from tests.support.notifications import QUICK, Told
from tests.support.notifier import Notifier, notifying
from tests.support.postgres import Server
from tests.support.receivers import Mailbox, Receiver, running_mailbox, running_receiver
from tests.support.reports import Desk
from tests.support.rolling import record_around_rolling
from tests.support.runs import Client, Row
from tests.support.stack import Environment, Stack, Stubs
from tests.support.statistics_checks import forty_days_of_runs
from tests.support.upkeep import House, house_of
from tests.support.web import Web, mesh_of, running_web

# Of nobody's secrets.
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def client(stubs: Stubs, keys: KeyRing) -> Client:
    """Of a new workspace, unless a file has another one in mind."""
    return Client.of_new_workspace(stubs, keys)


@pytest.fixture
def token(client: Client, keys: KeyRing) -> str:
    return keys.token(client.workspace)


@pytest.fixture
def watch(stack: Stack, keys: KeyRing) -> Watch:
    return Watch.of_new_workspace(stack, keys)


@pytest.fixture
def start() -> datetime:
    """Three hours ago, at a moment of judgement."""
    return five_minutes(datetime.now(UTC)) - timedelta(hours=3)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """A database of the test's own, unless a file has another house in mind."""
    async with house_of(database_url) as opened:
        yield opened


@pytest.fixture
def desk(stack: Stack, keys: KeyRing) -> Desk:
    """Of a new workspace, unless a file has another one in mind."""
    return Desk.of_new_workspace(stack, keys)


@pytest.fixture
async def sparse(client: Client) -> Client:
    await client.record(sparse_runs())
    return client


@pytest.fixture(scope="session")
def measured_runs() -> list[Row]:
    return made_up_runs()


@pytest.fixture(scope="session")
def measured_points() -> list[Row]:
    return made_up_points()


@pytest.fixture(scope="session")
async def measured(
    stack: Stack,
    rolling: Database,
    keys: KeyRing,
    measured_runs: list[Row],
    measured_points: list[Row],
) -> Client:
    """Only to be read. Its answers are put together from cells of all sorts and from facts."""
    filled = Client.of_new_workspace(stack.stubs, keys)
    await record_around_rolling(rolling, filled, measured_runs, early=2, points=measured_points)
    return filled


@pytest.fixture(scope="session")
def busy_runs() -> list[Row]:
    return forty_days_of_runs()


@pytest.fixture(scope="session")
async def busy(stack: Stack, rolling: Database, keys: KeyRing, busy_runs: list[Row]) -> Client:
    """Only to be read. Its answers are put together from cells of all sorts and from facts."""
    filled = Client.of_new_workspace(stack.stubs, keys)
    await record_around_rolling(rolling, filled, busy_runs, early=2)
    return filled


@pytest.fixture
def a_letter(workspace: str) -> DeadLetter:
    return DeadLetter(workspace, Source.LOG, "RECORD_MALFORMED", "it is no record", b"\x00?", 42)


@pytest.fixture
def operator(stack: Stack, keys: KeyRing, workspace: str) -> Operator:
    return Operator(stack.stubs.bus, keys, workspace)


@pytest.fixture
async def shared_database(stack: Stack) -> AsyncIterator[Database]:
    async with database_of(stack.database_url) as database:
        yield database


@pytest.fixture
async def bus(database_url: str, kafka: str, jwks_file: Path, tmp_path: Path) -> AsyncIterator[Bus]:
    """On Kafka, and nobody else's."""
    async with new_bus(database_url, kafka, tmp_path, jwks_file) as bus:
        yield bus


@pytest.fixture(scope="session")
async def web(
    stack: Stack, keys: KeyRing, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    """The gateway of browsers, less patient than it usually is."""
    logs = tmp_path_factory.mktemp("web")
    limits = {"init_seconds": 1, "subscriptions_per_socket": 3, "socket_message_seconds": 1}
    async with running_web(mesh_of(stack), keys, jwks_file, logs, **limits) as running:
        yield running


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with running_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def telling(
    postgres: Server,
    template: str,
    jwks_file: Path,
    mailbox: Mailbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Environment:
    extra = (
        *QUICK,
        ("SHADOWER_SMTP_URL", mailbox.url),
        ("SHADOWER_SMTP_FROM", "Shadower <alerts@shadower.example>"),
        ("SHADOWER_NOTIFICATION_KEY", KEY),
    )
    logs = tmp_path_factory.mktemp("logs")
    return Environment(postgres.create(template), jwks_file, logs, extra)


@pytest.fixture(scope="session")
async def notifier(telling: Environment) -> AsyncIterator[Notifier]:
    async with notifying(telling) as notifier:
        yield notifier


@pytest.fixture
def fresh_url(postgres: Server, template: str) -> str:
    return postgres.create(template)


@pytest.fixture
def told(notifier: Notifier, keys: KeyRing, workspace: str) -> Told:
    return notifier.of(keys, workspace)


@pytest.fixture
def path() -> str:
    """Of a receiver that nobody else is told to."""
    return uuid.uuid4().hex


@pytest.fixture(scope="session")
async def exports(
    postgres: Server,
    template: str,
    jwks_file: Path,
    keys: KeyRing,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Exports]:
    """Less patient than it usually is."""
    url = postgres.create(template)
    extra = (("SHADOWER_SLOW_READER_SECONDS", "2"),)
    environment = Environment(url, jwks_file, tmp_path_factory.mktemp("logs"), extra)
    async with running_exports(environment, keys) as running:
        for workspace, count in (("few", FEW), ("others", FEW), ("many", MANY)):
            running.fill(workspace, count)
        yield running
