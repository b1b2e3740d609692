"""The system under trial: a database, the processes of the write path and, if wanted, Kafka."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from cli.home import Home
from cli.tokens.keys import ensured_key, jwks_file
from cli.tokens.signing import Grant, Issuer, signed
from services.warehouse.migrate import migrate
from tools.faults.postgres import KillablePostgres
from tools.faults.service import ServiceProcess
from tools.faults.victim import Victim
from tools.kafka.cluster import running_kafka
from tools.ports import LOOPBACK, free_ports

WORKSPACES = ("faults-a", "faults-b", "faults-c")
TOKEN_LIFE = timedelta(hours=12)

Started = TypeVar("Started", bound=Victim)


@dataclass(frozen=True)
class Role:
    """What a process of ours does, and by which name it tells its health."""

    module: str
    service: str
    replicas: int = 2


INGEST = Role("services.ingest", "shadower.ingest.v1.IngestService")
WRITER = Role("services.ingest.writer", "shadower.ingest.writer")


@dataclass(frozen=True)
class System:
    """Everything that runs, in the order in which it was started."""

    room: Path
    database_url: str
    brokers: str
    victims: Sequence[Victim]
    token: Callable[[], str]

    @property
    def ingest_addresses(self) -> list[str]:
        processes = (one for one in self.victims if isinstance(one, ServiceProcess))
        return [one.address for one in processes if one.service == INGEST.service]


@contextmanager
def running_system(
    room: Path, *, with_kafka: bool, told: Mapping[str, str] | None = None
) -> Iterator[System]:
    """`told` is what all processes are told beside it, as environment variables."""
    with ExitStack() as stack:
        postgres = _started(stack, KillablePostgres(room / "postgres"))
        migrate(postgres.url)
        kafka = stack.enter_context(running_kafka(room / "kafka")) if with_kafka else None
        brokers = kafka.brokers if kafka else ""
        environment = {**_environment(room, postgres.url, brokers), **(told or {})}
        processes = [
            _started(stack, process)
            for role in ((INGEST, WRITER) if with_kafka else (INGEST,))
            for process in _replicas(role, room, environment)
        ]
        victims: list[Victim] = [postgres, *(kafka.nodes if kafka else ()), *processes]
        yield System(room, postgres.url, brokers, victims, _token(room))


def _started(stack: ExitStack, victim: Started) -> Started:
    stack.callback(victim.stop)
    victim.start()
    return victim


def _replicas(role: Role, room: Path, environment: Mapping[str, str]) -> Iterator[ServiceProcess]:
    for number, port in enumerate(free_ports(role.replicas), start=1):
        name, address = f"{role.module.rpartition('.')[2]}-{number}", f"{LOOPBACK}:{port}"
        told = {**environment, "SHADOWER_LISTEN": address}
        log = room / f"{name}.log"
        yield ServiceProcess(name, role.module, told, log, address, role.service)


def _environment(room: Path, database_url: str, brokers: str) -> dict[str, str]:
    ensured_key(Home.at(room))
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "KAFKA_BROKERS": brokers,
        "SHADOWER_JWKS_FILE": str(jwks_file(Home.at(room))),
        "SHADOWER_ENVIRONMENT": "development",
    }


def _token(room: Path) -> Callable[[], str]:
    grant = Grant(WORKSPACES, role="service", life=TOKEN_LIFE)
    token = signed(grant, ensured_key(Home.at(room)), Issuer(), datetime.now(UTC))
    return lambda: token
