"""The system under trial: a database, the processes of the write path and, if wanted, Kafka."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.home import Home
from cli.tokens.keys import ensured_key, jwks_file
from cli.tokens.signing import Grant, Issuer, signed
from services.warehouse.migrate import migrate
from tools.faults.postgres import KillablePostgres
from tools.faults.service import ServiceProcess
from tools.faults.victim import Victim
from tools.kafka.cluster import running_kafka
from tools.ports import LOOPBACK, free_ports

# Two that share a partition of the log, and two that have one of their own.
WORKSPACES = ("faults-a", "faults-b", "faults-e", "faults-f")
TOKEN_LIFE = timedelta(hours=12)


@dataclass(frozen=True)
class Role:
    """What a process of ours does, and by which name it tells its health."""

    module: str
    service: str
    replicas: int = 2


# Names of groups on the bus, by how many members they have.
GROUPS = {"lonely": 1, "crowded": 2}
INGEST = Role("services.ingest", "shadower.ingest.v1.IngestService")
WRITER = Role("services.ingest.writer", "shadower.ingest.Writer")
AGGREGATES = Role("services.aggregates", "shadower.aggregates.v1.AggregatesService", replicas=1)
RELAY = Role("services.relay", "shadower.bus.v1.DeadLettersService", replicas=1)


@dataclass(frozen=True)
class System:
    """Everything that runs, in the order in which it was started."""

    room: Path
    database_url: str
    brokers: str
    victims: Sequence[Victim]
    # What each group of subscribers writes down.
    subscribers: Mapping[str, Path]
    token: Callable[[], str]

    @property
    def ingest_addresses(self) -> list[str]:
        return self._addresses(INGEST)

    @property
    def rolling_address(self) -> str:
        return self._addresses(AGGREGATES)[0]

    def _addresses(self, role: Role) -> list[str]:
        processes = (one for one in self.victims if isinstance(one, ServiceProcess))
        return [one.address for one in processes if one.service == role.service]


@contextmanager
def running_system(
    room: Path,
    with_kafka: bool,
    told: Mapping[str, str],
    lives: Sequence[Mapping[str, str]] = (),
) -> Iterator[System]:
    """Services are `told` that in addition, and `lives` in their first life, their second, …"""
    with ExitStack() as stack:
        postgres = KillablePostgres(room / "postgres")
        _start_together(stack, [postgres])
        migrate(postgres.url)
        kafka = stack.enter_context(running_kafka(room / "kafka")) if with_kafka else None
        brokers = kafka.brokers if kafka else ""
        environment = {**_environment(room, postgres.url, brokers), **told}
        roles = (INGEST, *([WRITER] if with_kafka else []), AGGREGATES, RELAY)
        processes = [*_services(roles, room, environment, lives), *_subscribers(room, environment)]
        _start_together(stack, processes)
        victims: list[Victim] = [postgres, *(kafka.nodes if kafka else ()), *processes]
        yield System(room, postgres.url, brokers, victims, _notes(room), _token(room))


def _start_together(stack: ExitStack, victims: Sequence[Victim]) -> None:
    for victim in victims:
        stack.callback(victim.stop)
    with ThreadPoolExecutor(len(victims)) as threads:
        list(threads.map(lambda victim: victim.start(), victims))


def _services(
    roles: Sequence[Role],
    room: Path,
    environment: Mapping[str, str],
    lives: Sequence[Mapping[str, str]],
) -> Iterator[ServiceProcess]:
    for role in roles:
        for number, port in enumerate(free_ports(role.replicas), start=1):
            yield _service(role, number, room, {**environment, **_listening(port)}, iter(lives))


def _service(
    role: Role, number: int, room: Path, told: Mapping[str, str], lives: Iterator[Mapping[str, str]]
) -> ServiceProcess:
    name, address = f"{role.module.rpartition('.')[2]}-{number}", told["SHADOWER_LISTEN"]
    log = room / f"{name}.log"
    return ServiceProcess(name, role.module, told, log, address, role.service, lives=lives)


def _listening(port: int) -> dict[str, str]:
    return {"SHADOWER_LISTEN": f"{LOOPBACK}:{port}"}


def _subscribers(room: Path, environment: Mapping[str, str]) -> Iterator[ServiceProcess]:
    for group, members in GROUPS.items():
        for number in range(1, members + 1):
            name = f"{group}-{number}"
            arguments = (group, str(_notes(room)[group]))
            yield ServiceProcess(
                name,
                "tools.faults.subscriber",
                environment,
                room / f"{name}.log",
                arguments=arguments,
            )


def _notes(room: Path) -> dict[str, Path]:
    return {group: room / f"{group}.ids" for group in GROUPS}


def _environment(room: Path, database_url: str, brokers: str) -> dict[str, str]:
    ensured_key(Home.at(room))
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "SHADOWER_NOTICE_SECONDS": "0",
        "KAFKA_BROKERS": brokers,
        "SHADOWER_JWKS_FILE": str(jwks_file(Home.at(room))),
        "SHADOWER_ENVIRONMENT": "development",
    }


def _token(room: Path) -> Callable[[], str]:
    grant = Grant(WORKSPACES, role="owner", life=TOKEN_LIFE)
    token = signed(grant, ensured_key(Home.at(room)), Issuer(), datetime.now(UTC))
    return lambda: token
